import { ChaosError } from '../base/errors.ts'

/** The environment cannot do what is asked (no engine, engine died, image cannot be made). */
export class PlatformError extends ChaosError {
  override name = 'PlatformError'
}

/** A name or port is held by something this run did not make. Nothing was touched. */
export class ConflictError extends PlatformError {
  override name = 'ConflictError'
}
