import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { opener, openInBrowser, whyNoBrowser } from '../../../runner/commands/open/browser.ts'
import { Doorway } from '../../../runner/commands/open/doorway.ts'

t.test('a browser is opened where there is a display, and the person sits at it', async (t) => {
  t.equal(whyNoBrowser({ platform: 'linux', env: { DISPLAY: ':0' } }), undefined)
  t.equal(whyNoBrowser({ platform: 'linux', env: { WAYLAND_DISPLAY: 'wayland-0' } }), undefined)
  t.equal(whyNoBrowser({ platform: 'darwin', env: {} }), undefined)
  t.match(whyNoBrowser({ platform: 'linux', env: {} }), 'no display')
  t.match(whyNoBrowser({ platform: 'darwin', env: { SSH_CONNECTION: '1 2 3 4' } }), 'ssh')
  t.match(whyNoBrowser({ platform: 'linux', env: { SSH_TTY: '/dev/pts/0', DISPLAY: ':10' } }), 'ssh')
})

t.test('each system has a program that opens files', async (t) => {
  t.same(opener({ platform: 'linux' }), ['xdg-open'])
  t.same(opener({ platform: 'darwin' }), ['open'])
  t.same(opener({ platform: 'win32' }), ['rundll32', 'url.dll,FileProtocolHandler'])
})

t.test(
  'it is handed the file as one argument; a failure is told',
  { skip: process.platform === 'win32' },
  async (t) => {
    const folder = t.testdir({})
    const { PATH } = process.env
    t.teardown(() => {
      process.env.PATH = PATH
    })
    const put = (text: string) => {
      writeFileSync(path.join(folder, 'xdg-open'), `#!/bin/sh\n${text}\n`)
      chmodSync(path.join(folder, 'xdg-open'), 0o755)
    }
    const seen = path.join(folder, 'seen')
    const desk = { platform: 'linux', env: {} } as const
    put(`printf '%s|' "$@" > '${seen}'`)
    process.env.PATH = `${folder}:${PATH}`
    t.equal(await openInBrowser('/tmp/a b; $(false).html', desk), undefined)
    t.equal(readFileSync(seen, 'utf8'), '/tmp/a b; $(false).html|')
    put('exit 3')
    t.match(await openInBrowser('/tmp/x', desk), 'xdg-open could not open it')
    process.env.PATH = '/nonexistent'
    t.match(await openInBrowser('/tmp/x', desk), 'xdg-open cannot be started')
  },
)

t.test(
  'the address stands in a file that only this user can read',
  { skip: process.platform === 'win32' },
  async (t) => {
    const doorway = new Doorway('http://127.0.0.1:1/secret/')
    t.match(readFileSync(doorway.file, 'utf8'), 'url=http://127.0.0.1:1/secret/')
    t.equal(statSync(doorway.file).mode & 0o077, 0)
    t.equal(statSync(path.dirname(doorway.file)).mode & 0o077, 0)
    doorway.close()
    t.equal(existsSync(doorway.file), false)
  },
)
