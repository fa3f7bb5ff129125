/** Options that are right one by one and cannot be together, or not on this cluster. */
export interface PlanProblem {
  /** Where in the options, as written. */
  path: string[]
  /** It is the key there that is wrong, and not its value. */
  isKey?: true
  message: string
  hint?: string
  suggestion?: string
}
