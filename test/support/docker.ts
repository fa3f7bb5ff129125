import { Engine } from '../../runner/platforms/docker/engine.ts'

/** The part of a tap test that the decision needs. */
interface Skippable {
  plan(count: number, reason?: string): void
  fail(message: string): boolean
}

/**
 * Whether a Docker engine answers here. Where none does, the test is skipped with the reason; under `REQUIRE_DOCKER=1`
 * it fails instead, so that a machine that should have an engine cannot pass by skipping. Call it first in the test,
 * and return when it says false.
 */
export async function requireEngine(t: Skippable): Promise<boolean> {
  const engine = new Engine()
  try {
    await engine.call('answer a ping', () => engine.docker.ping(), { timeoutMs: 30_000 })
    return true
  } catch (error) {
    const reason = (error as Error).message
    if (process.env.REQUIRE_DOCKER === '1') t.fail(`REQUIRE_DOCKER=1, but ${reason}`)
    else t.plan(0, reason)
    return false
  } finally {
    engine.close()
  }
}
