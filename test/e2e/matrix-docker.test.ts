import t from 'tap'
import { requireEngine } from '../support/docker.ts'
import { playMatrix } from '../support/matrix.ts'

t.test('the library passes on Docker with every server of the catalogue', async (t) => {
  if (!(await requireEngine(t))) return
  await playMatrix(t, 'docker')
})
