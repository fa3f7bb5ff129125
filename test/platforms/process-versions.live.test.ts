import t from 'tap'
import { newStateFolder, platformIn } from './process-groups.ts'
import { changeVersions } from './version-changes.ts'

t.test('processes of several versions', async (t) => {
  const platform = platformIn(newStateFolder(t))
  t.teardown(() => platform.close())
  await changeVersions(t, platform)
})
