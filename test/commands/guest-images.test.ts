import t from 'tap'
import { UsageError } from '../../runner/base/errors.ts'
import { haveGuestImages, openPlatformsFor } from '../../runner/commands/play/guest-images.ts'
import { PlatformError } from '../../runner/platforms/errors.ts'
import { loadScenario } from '../../runner/scenario/load.ts'
import type { Scenario } from '../../runner/scenario/model.ts'
import { verbByName } from '../../runner/steps/index.ts'
import { FakePlatform } from '../support/fake-platform.ts'

const tools = { say: () => undefined, signal: new AbortController().signal }

function scenario(text: string): Scenario {
  const whole = `title: Mine\n${text}\nsteps:\n  - wait: 1s\n`
  const loaded = loadScenario(whole, { file: 'mine.yaml', verbs: verbByName, allowed: new Set(['commands']) })
  if (!('scenario' in loaded)) throw new Error('the scenario is wrong')
  return loaded.scenario
}

const SHOP = "apps: { shop: { image: 'my/shop' } }"
const CLIENT = "workloads: { checkout: { type: register, client: { image: 'my/driver:2', command: [-v] } } }"

t.test('each image is made ready once for each platform, and for no scenario that is skipped there', async (t) => {
  const docker = new FakePlatform('docker')
  const skipped = scenario(`requires: { platform: process }\napps: { till: { image: 'my/till' } }`)
  await haveGuestImages([scenario(`${SHOP}\n${CLIENT}`), scenario(SHOP), skipped], [docker], tools)
  t.same(docker.calls, ['prepare my/driver:2', 'prepare my/shop'])
})

t.test('what cannot be had is a mistake of usage, which names the image', async (t) => {
  const docker = new FakePlatform('docker')
  docker.onPrepareGuest = () => {
    throw new PlatformError('no Docker engine answers at unix:///nowhere', { hint: 'start Docker' })
  }
  const told: string[] = []
  const choose = async (note: (text: string) => void) => {
    note('platform docker: as asked for')
    return [docker]
  }
  const say = (text: string) => told.push(text)
  const opened = openPlatformsFor([scenario(CLIENT)], choose, { ...tools, say })
  const error = await opened.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  t.ok(error instanceof UsageError)
  t.match(error, {
    message:
      /^the client of checkout in mine cannot be run: image my\/driver:2 needs a Docker engine, and no Docker engine answers at/,
    hint: 'start Docker',
  })
  t.same(told, ['platform docker: as asked for'], 'why it is that platform')
  t.ok(docker.calls.includes('close'))
})
