import { nearestWord } from './nearest.ts'

/** Words of other tools, and of everyday speech, with what they are called here: the first that may stand there. */
const SYNONYMS: Readonly<Record<string, readonly string[]>> = {
  sleep: ['wait'],
  assert: ['expect'],
  check: ['expect'],
  should: ['expect'],
  ensure: ['expect'],
  command: ['redis'],
  cmd: ['redis'],
  crash: ['kill'],
  power_loss: ['power-cut'],
  blackout: ['power-cut'],
  terminate: ['stop'],
  shutdown: ['stop'],
  freeze: ['pause'],
  suspend: ['pause'],
  resume: ['unpause'],
  continue: ['unpause'],
  isolate: ['partition'],
  disconnect: ['partition'],
  delay: ['network'],
  latency: ['delay', 'network'],
  packet_loss: ['loss'],
  repair: ['heal'],
  recover: ['heal'],
  restore: ['heal'],
  promote: ['failover'],
  switchover: ['failover'],
  loop: ['repeat'],
  include: ['use'],
  import: ['use'],
  timeout: ['within'],
  until: ['within'],
  wait_for: ['within'],
  duration: ['for', 'time'],
  hold: ['for'],
  name: ['title'],
  slave: ['replica'],
  slaves: ['replicas'],
  secondary: ['replica'],
  follower: ['replica'],
  primary: ['master'],
  primaries: ['shards'],
  masters: ['shards'],
  leader: ['master'],
  becomes: ['role'],
  target: ['node'],
  host: ['node'],
  settings: ['config'],
  down: ['fail'],
  failed: ['fail'],
  max: ['at_most'],
  limit: ['at_most'],
  below: ['at_most'],
  less_than: ['at_most'],
  min: ['at_least'],
  above: ['at_least'],
  more_than: ['at_least'],
  teardown: ['finally'],
  cleanup: ['finally'],
  after: ['finally'],
  always: ['finally'],
}

/** The word that was most likely meant: the nearest in spelling, or what a word of other tools is called here. */
export function wordMeant(wrong: string, words: readonly string[]): string | undefined {
  const synonyms = Object.hasOwn(SYNONYMS, wrong.toLowerCase()) ? SYNONYMS[wrong.toLowerCase()] : undefined
  return synonyms?.find((word) => words.includes(word)) ?? nearestWord(wrong, words)
}

/** `did you mean \`wait\`?`, or undefined if nothing is near. */
export function suggestionFor(wrong: string, words: readonly string[]): string | undefined {
  const meant = wordMeant(wrong, words)
  return meant === undefined ? undefined : `did you mean \`${meant}\`?`
}
