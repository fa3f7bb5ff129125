/** Nights before this one that it is compared with. */
export const WINDOW = 20
/** How often a night plays each scenario in its first pass. */
export const NIGHT_REPEATS = 5
