import { openSync } from 'node:fs'
import t from 'tap'
import { PlayError, UsageError } from '../../runner/base/errors.ts'
import { makeFolder } from '../../runner/base/folders.ts'
import { parseLimits } from '../../runner/base/machine-limits.ts'
import { expectedError, hintFor, reasonOf } from '../../runner/base/surroundings.ts'

/** As Node throws it. */
function refused(code: string, more: Record<string, unknown> = {}): Error {
  return Object.assign(new Error(`${code}: refused`), { code, syscall: 'open', path: '/a/file', ...more })
}

t.test('what the system refuses a correct program is no bug: what was tried, why, what next', async (t) => {
  t.match(expectedError(refused('EMFILE')), {
    name: 'SurroundingsError',
    message: 'could not open /a/file: this program has as many files open as it may',
    hint: /ulimit -n/,
    exitCode: 3,
    stepVerdict: 'error',
  })
  t.equal(expectedError(refused('ENOSPC'))?.message, 'could not open /a/file: no space is left there')
  const spawned = refused('EAGAIN', { syscall: 'spawn node', path: 'node' })
  t.equal(expectedError(spawned)?.message, 'could not spawn node: there may be no more processes or threads')
  const asked = refused('ERR_SYSTEM_ERROR', { info: { code: 'EMFILE' }, syscall: 'uv_os_get_passwd', path: undefined })
  t.match(expectedError(asked)?.message, /^could not os get passwd: this program has as many files open/)
  const thread = refused('ERR_WORKER_INIT_FAILED', { syscall: undefined, path: undefined })
  t.equal(expectedError(thread)?.message, 'could not start a thread: there may be no more processes or threads')
})

t.test('what may be a bug of the runner is not taken for the surroundings', async (t) => {
  const bugs = [refused('ENOENT'), refused('EBADF'), new TypeError('x'), new PlayError('x'), 'a text', undefined]
  for (const bug of bugs) t.equal(expectedError(bug), undefined)
  const usage = new UsageError('x')
  t.equal(expectedError(usage), usage, 'what somebody was prepared for is told as it is')
})

t.test('reasons and hints', async (t) => {
  t.equal(reasonOf(refused('EROFS')), 'nothing can be written there (read-only file system)')
  t.equal(reasonOf(refused('ENOENT')), 'the folder that it should be in does not exist')
  t.equal(reasonOf(refused('EWHAT')), 'EWHAT: refused')
  t.equal(hintFor('ENOSPC', 'use another folder'), 'use another folder', 'who asks knows which folder')
  t.match(hintFor('EFBIG', 'use another folder'), /ulimit -f/)
  t.equal(hintFor(undefined, 'use another folder'), 'use another folder')
})

t.test('a folder that is refused on the way says why', async (t) => {
  const folder = t.testdir({ file: '' })
  makeFolder(`${folder}/a/b/c`, 0o700)
  openSync(`${folder}/a/b/c/file`, 'w')
  makeFolder(`${folder}/a/b/c`)
  t.throws(() => makeFolder(`${folder}/file/b/c`), { code: 'ENOTDIR' })
  t.throws(() => makeFolder('/proc/nowhere/b'), { code: 'ENOENT' })
})

t.test('the limits of a process', async (t) => {
  const text = [
    'Limit                     Soft Limit           Hard Limit           Units     ',
    'Max file size             524288               unlimited            bytes     ',
    'Max open files            64                   1024                 files     ',
    'Max address space         unlimited            unlimited            bytes     ',
  ].join('\n')
  t.strictSame(parseLimits(text), { openFiles: 64, fileBytes: 524_288 })
})
