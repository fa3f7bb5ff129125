/** The cluster bus listens this far above the port for clients (cluster.h: CLUSTER_PORT_INCR, Redis 7.0). */
export const BUS_OFFSET = 10_000
