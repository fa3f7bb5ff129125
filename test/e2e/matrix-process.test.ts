import t from 'tap'
import { requireDebian } from '../support/debian.ts'
import { playMatrix } from '../support/matrix.ts'

t.test('the library passes on processes with every server of the catalogue', async (t) => {
  if (!(await requireDebian(t))) return
  await playMatrix(t, 'process')
})
