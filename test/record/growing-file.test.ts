import { appendFileSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { GrowingFile } from '../../runner/record/growing-file.ts'

function place(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'redis-chaos-growing-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, 'events.jsonl')
}

function opened(t: Test, file: string, options?: { lastBytes?: number }): GrowingFile {
  const growing = new GrowingFile(file, options)
  t.teardown(() => growing.close())
  return growing
}

/** All that can be read now. */
function rest(file: GrowingFile): string[] {
  const all: string[] = []
  for (;;) {
    const { lines, more } = file.read()
    all.push(...lines)
    if (!more) return all
  }
}

t.test('a line is read once, as soon as its end is written', async (t) => {
  const file = place(t)
  const growing = opened(t, file)
  t.same(growing.read(), { lines: [], more: false }, 'there is no file yet')
  writeFileSync(file, 'one\ntw')
  t.same(growing.read().lines, ['one'])
  t.same(growing.read().lines, [])
  appendFileSync(file, 'o\nüb')
  t.same(growing.read().lines, ['two'])
  appendFileSync(file, Buffer.from('€\n').subarray(0, 2))
  t.same(growing.read().lines, [], 'in the middle of a character')
  appendFileSync(file, Buffer.from('€\n').subarray(2))
  t.same(growing.read().lines, ['üb€'])
})

t.test('a long file is read piece by piece, and lines may span pieces', async (t) => {
  const file = place(t)
  const lines = Array.from({ length: 30 }, (_, number) => `${number} ${'x'.repeat(number * 10_000)}`)
  writeFileSync(file, `${lines.join('\n')}\n`)
  const growing = opened(t, file)
  t.equal(growing.read().more, true)
  t.equal(rest(opened(t, file)).join(), lines.join())
})

t.test('of a long file the end alone can be read, from the first line that is whole', async (t) => {
  const file = place(t)
  writeFileSync(file, 'first\nsecond\nthird\n')
  t.same(rest(opened(t, file, { lastBytes: 9 })), ['third'])
  t.same(rest(opened(t, file, { lastBytes: 100 })), ['first', 'second', 'third'])
})

t.test('a line without end is not held for ever', async (t) => {
  const file = place(t)
  const growing = opened(t, file)
  writeFileSync(file, 'x'.repeat(33_000_000))
  t.same(rest(growing), [])
  appendFileSync(file, 'rest\nnext\n')
  t.same(rest(growing), ['next'])
})

t.test('a link is not followed, and a file that is gone is still read to its end', async (t) => {
  const file = place(t)
  symlinkSync('/etc/hostname', file)
  t.same(opened(t, file).read().lines, [])
  rmSync(file)
  writeFileSync(file, 'one\n')
  const growing = opened(t, file)
  t.same(growing.read().lines, ['one'])
  appendFileSync(file, 'two\n')
  rmSync(file)
  t.same(growing.read().lines, ['two'])
  t.same(growing.read().lines, [])
})
