import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { readFiles } from '../../runner/platforms/process/data-files.ts'
import { UNSYNCED_VARIABLE, undoLibrary } from '../../runner/platforms/unsynced/library.ts'
import { rollBack } from '../../runner/platforms/unsynced/undo-log.ts'

const skip = process.platform === 'linux' ? false : 'its library is made on Linux alone'

/** What Perl does here as a server does: files are opened, written, synced, cut, renamed and removed. */
const WORDS = `use IO::Handle; use Fcntl;
sub put { my ($path, $flags, $at, $text, $sync) = @_;
  sysopen(my $f, $path, $flags | O_CREAT) or die "$path: $!"; sysseek($f, $at, 0); syswrite($f, $text);
  $f->sync if $sync; close $f }
sub add { put($_[0], O_WRONLY | O_APPEND, 0, $_[1], $_[2]) }
sub sync_folder { open(my $f, '<', 'any') or die; $f->sync }
`

/** The data after a power cut, and what was told to be lost, of a program in Perl that runs in the folder of the data. */
async function afterCut(t: Test, program: string): Promise<{ files: Record<string, string>; lost: unknown[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'redis-chaos-unsynced-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const data = join(folder, 'data')
  mkdirSync(data)
  const env = { ...process.env, LD_PRELOAD: await undoLibrary(() => undefined), [UNSYNCED_VARIABLE]: data }
  execFileSync('perl', ['-e', WORDS + program], { cwd: data, env })
  const { files, lost } = rollBack(await readFiles(data))
  return { files: Object.fromEntries([...files].map(([path, content]) => [path, String(content)])), lost }
}

t.test('what was not synced is lost, and what was is not', { skip }, async (t) => {
  const cases: [what: string, program: string, files: Record<string, string>, lost: unknown[]][] = [
    ['all is synced', 'add("a", "one", 1)', { a: 'one' }, []],
    ['a file is made and never synced', 'add("a", "one")', {}, [{ file: 'a', cutBytes: 3, undone: 'made' }]],
    [
      'the tail of a file',
      'add("a", "one", 1); add("a", "two"); add("a", "three")',
      { a: 'one' },
      [{ file: 'a', cutBytes: 8 }],
    ],
    ['a tail that is synced later', 'add("a", "one"); add("a", "two", 1); add("a", "3")', { a: 'onetwo' }, [{}]],
    [
      'a part that was overwritten, and more',
      'add("a", "abcdef", 1); put("a", O_WRONLY, 2, "XXXXXXX")',
      { a: 'abcdef' },
      [{ file: 'a', cutBytes: 3, oldBytes: 4 }],
    ],
    ['a file that was cut', 'add("a", "abcdef", 1); truncate("a", 2); add("a", "ZZZZZZZZ")', { a: 'abcdef' }, [{}]],
    [
      'a file that was emptied to be written anew',
      'add("a", "old", 1); put("a", O_WRONLY | O_TRUNC, 0, "new")',
      { a: 'old' },
      [{}],
    ],
    [
      'a sync of another file makes names last, and not what files hold',
      'add("a", "one"); add("any", "x", 1)',
      { a: '', any: 'x' },
      [{ file: 'a', cutBytes: 3 }],
    ],
    [
      'a file that was put in the place of another',
      'add("a", "old", 1); add("new", "fresh", 1); rename("new", "a")',
      { a: 'old', new: 'fresh' },
      [{ file: 'a', undone: 'replaced' }],
    ],
    [
      'the same, the folder being synced',
      'add("any", "x", 1); add("a", "old", 1); add("new", "fresh", 1); rename("new", "a"); sync_folder()',
      { a: 'fresh', any: 'x' },
      [],
    ],
    [
      'what was put there was never synced itself, and is there with its name',
      'add("any", "x", 1); add("a", "old"); add("new", "fresh"); rename("new", "a"); sync_folder()',
      { a: 'fresh', any: 'x' },
      [],
    ],
    ['a file that was removed', 'add("a", "one", 1); unlink("a")', { a: 'one' }, [{ file: 'a', undone: 'removed' }]],
    [
      'a file that is gone for good, and one that got its inode',
      'add("any", "x", 1); add("a", "one"); unlink("a"); sync_folder(); add("b", "new", 1)',
      { any: 'x', b: 'new' },
      [],
    ],
    [
      'a child writes too, and what it synced stays',
      'add("any", "x", 1); if (!fork()) { add("child", "saved", 1); exit } wait; rename("child", "dump"); add("a", "one")',
      { any: 'x', child: 'saved' },
      [{ file: 'a' }, { file: 'dump', undone: 'made' }],
    ],
    [
      'files of other folders are left alone',
      'add("../out", "one"); mkdir("d"); add("d/a", "one", 1)',
      { 'd/a': 'one' },
      [],
    ],
  ]
  for (const [what, program, files, lost] of cases) {
    const after = await afterCut(t, program)
    t.same(after.files, files, what)
    t.match(after.lost, lost, what)
    t.equal(after.lost.length, lost.length, what)
  }
})

t.test('a log that ends within a record, as a killed server leaves it', async (t) => {
  const files = new Map([
    ['a', Buffer.from('onetwo')],
    ['.unsynced/log', Buffer.from('O 7 a\nW 7 3\nP 7 0 3\non')],
  ])
  const after = rollBack(files)
  t.same(
    [...after.files].map(([path, content]) => [path, String(content)]),
    [['a', 'one']],
  )
  t.same(rollBack(new Map([['a', Buffer.from('x')]])).lost, [], 'and none at all')
})
