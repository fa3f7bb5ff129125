import { PlayError } from '../../base/errors.ts'

/** A node did not become, or stop being, what it was to be in the cluster. */
export class MemberError extends PlayError {
  override name = 'MemberError'
}
