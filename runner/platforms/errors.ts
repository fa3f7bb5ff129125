/** The environment cannot do what is asked (no engine, engine died, image cannot be made). Exit code 3. */
export class PlatformError extends Error {
  override name = 'PlatformError'
  /** What the user can do next. */
  readonly hint: string | undefined
  constructor(message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, { cause: options.cause })
    this.hint = options.hint
  }
}

/** A name or port is held by something this run did not make. Nothing was touched. Exit code 3. */
export class ConflictError extends PlatformError {
  override name = 'ConflictError'
}
