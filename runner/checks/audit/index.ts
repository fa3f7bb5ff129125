import { crash } from './crash.ts'
import { endState } from './end-state.ts'
import { evidence } from './evidence.ts'
import { failovers } from './failovers.ts'
import { growth } from './growth.ts'
import { lostWrites } from './lost-writes.ts'
import { replicaData } from './replica-data.ts'
import { resync } from './resync.ts'
import { roles } from './roles.ts'
import type { AuditRule } from './rule.ts'
import { slots } from './slots.ts'
import { strangers } from './strangers.ts'
import { timing } from './timing.ts'

/** All rules of the audit, in the order of reports. */
export const auditRules: readonly AuditRule[] = [
  crash,
  failovers,
  timing,
  roles,
  resync,
  slots,
  endState,
  replicaData,
  lostWrites,
  growth,
  strangers,
  evidence,
]
