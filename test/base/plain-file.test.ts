import { execFileSync } from 'node:child_process'
import { readFileSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { appendLines, readPlainFile, replaceFile } from '../../runner/base/plain-file.ts'

t.test('what is no file is not read, and not waited for', async (t) => {
  const folder = t.testdir({ file: 'text', folder: {}, circle: t.fixture('symlink', 'circle') })
  const at = (name: string) => path.join(folder, name)
  execFileSync('mkfifo', [at('pipe')])
  symlinkSync('file', at('link'))
  const read = (file: string, links: 'follow' | 'refuse' = 'follow', most = 100) =>
    readPlainFile(file, { most, links }).toString()
  t.equal(read(at('file')), 'text')
  t.equal(read(at('link')), 'text')
  for (const [file, message] of [
    [at('folder'), /a folder and no file/],
    [at('pipe'), /a pipe and no file/],
    ['/dev/zero', /a device and no file/],
    [at('missing'), /does not exist/],
    [at('circle'), /lead in a circle/],
  ] as const) {
    t.throws(() => read(file), { name: 'PlainFileError', message }, file)
  }
  t.throws(() => read(at('link'), 'refuse'), { name: 'PlainFileError', message: /symbolic link/ })
  t.throws(() => read(at('file'), 'follow', 3), { name: 'PlainFileError', message: /larger than/ })
})

t.test('a link is replaced and not followed, and neither is one in the place of the half-written file', async (t) => {
  const folder = t.testdir({ precious: 'mine', other: 'mine too' })
  const at = (name: string) => path.join(folder, name)
  symlinkSync('precious', at('report'))
  symlinkSync('other', at('report.part'))
  replaceFile(at('report'), 'new')
  t.equal(readFileSync(at('report'), 'utf8'), 'new')
  t.throws(() => readlinkSync(at('report')))
  t.equal(readFileSync(at('precious'), 'utf8'), 'mine')
  t.equal(readFileSync(at('other'), 'utf8'), 'mine too')
})

t.test('lines are appended to a file, after one that was cut off, and through no link', async (t) => {
  const folder = t.testdir({ precious: 'mine' })
  const at = (name: string) => path.join(folder, name)
  appendLines(at('lines'), 'one\n')
  appendLines(at('lines'), 'two\n')
  writeFileSync(at('lines'), `${readFileSync(at('lines'), 'utf8')}thr`)
  appendLines(at('lines'), 'four\n')
  t.equal(readFileSync(at('lines'), 'utf8'), 'one\ntwo\nthr\nfour\n')
  symlinkSync('precious', at('link'))
  t.throws(() => appendLines(at('link'), 'five\n'), { name: 'PlainFileError', message: /symbolic link/ })
  execFileSync('mkfifo', [at('pipe')])
  t.throws(() => appendLines(at('pipe'), 'five\n'), { name: 'PlainFileError', message: /a pipe/ })
  t.equal(readFileSync(at('precious'), 'utf8'), 'mine')
})
