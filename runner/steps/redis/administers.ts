/** Commands that change nodes, not keys; of each, `*` stands for every second word. */
const OF_ADMINISTRATORS: ReadonlySet<string> = new Set([
  ...['SHUTDOWN', 'FLUSHALL', 'FLUSHDB', 'REPLICAOF', 'SLAVEOF', 'SWAPDB', 'DEBUG *', 'FUNCTION *'],
  ...['ADDSLOTS', 'ADDSLOTSRANGE', 'BUMPEPOCH', 'DELSLOTS', 'DELSLOTSRANGE', 'FAILOVER', 'FLUSHSLOTS', 'FORGET'].map(
    (word) => `CLUSTER ${word}`,
  ),
  ...['MEET', 'REPLICATE', 'RESET', 'SET-CONFIG-EPOCH', 'SETSLOT', 'MIGRATESLOTS'].map((word) => `CLUSTER ${word}`),
])

/**
 * The command of an administrator among these words: `CLUSTER SETSLOT`, `CONFIG SET port` with the names of all settings
 * and without their values; undefined if it is another.
 */
export function administers(words: readonly string[]): string | undefined {
  const [first = '', second = ''] = words.map((word) => word.toUpperCase())
  if (OF_ADMINISTRATORS.has(first)) return first
  if (first === 'CONFIG' && second === 'SET') {
    const settings = words.slice(2).filter((_, index) => index % 2 === 0)
    return ['CONFIG SET', ...settings.map((name) => name.toLowerCase())].join(' ')
  }
  const isOne = OF_ADMINISTRATORS.has(`${first} ${second}`) || OF_ADMINISTRATORS.has(`${first} *`)
  return isOne ? `${first} ${second}` : undefined
}
