/** The command line is wrong, or names something that is not there. Nothing was touched. Exit code 2. */
export class UsageError extends Error {
  override name = 'UsageError'
}
