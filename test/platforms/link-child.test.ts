import { spawnSync } from 'node:child_process'
import path from 'node:path'
import t from 'tap'

const LINK_CHILD = path.join(import.meta.dirname, '../../runner/platforms/links/link-child.ts')

const PROGRAM = `
import { LinkChild } from ${JSON.stringify(LINK_CHILD)}
for (let number = 0; number < 3; number += 1) {
  const links = new LinkChild('link-child', () => undefined)
  await links.open({ doors: [], senders: {} })
  await links.close()
}
console.log('closed')
`

t.test('closing keeps a program alive until the process is gone, also where its streams end later', async (t) => {
  // Without its cache, tsx compiles in a process of its own, which has the standard error of the links open a moment longer.
  const env = { ...process.env, TSX_DISABLE_CACHE: '1' }
  const args = ['--import=tsx', '--input-type=module', '--eval', PROGRAM]
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { env, encoding: 'utf8' })
  t.equal(stdout, 'closed\n', stderr)
  t.equal(status, 0)
})
