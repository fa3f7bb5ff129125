export const PACKET_NAMES = [
  'ping',
  'pong',
  'meet',
  'fail',
  'publish',
  'failover-auth-request',
  'failover-auth-ack',
  'update',
  'manual-failover-start',
  'publish-shard',
] as const

export type PacketType = (typeof PACKET_NAMES)[number]

/**
 * Packets of the cluster bus by the name that scenarios give them, and their numbers (cluster_legacy.h,
 * CLUSTERMSG_TYPE_*: the same from Redis 6.0 to 8.6, in Valkey 8.1 to 9.1 and Redict 7.3; `publish-shard` is of Redis
 * 7.0).
 */
export const PACKET_TYPES: Readonly<Record<PacketType, number>> = {
  ping: 0,
  pong: 1,
  meet: 2,
  fail: 3,
  publish: 4,
  'failover-auth-request': 5,
  'failover-auth-ack': 6,
  update: 7,
  'manual-failover-start': 8,
  'publish-shard': 10,
}

/** CLUSTER_PROTO_VER, cluster_legacy.h: 1 since Redis 4.0. */
const PROTOCOL_VERSION = 1
/** The header without what each type adds: offsetof(clusterMsg, data), which the same file asserts. */
const HEADER_BYTES = 2256
const SIGNATURE = Buffer.from('RCmb', 'latin1')
const SIGNATURE_NUMBER = SIGNATURE.readUInt32BE()
/** Valkey sets it in the type of packets with a short header (CLUSTERMSG_LIGHT, cluster_legacy.h, Valkey 8.1). */
const LIGHT = 0x80_00
/** The shortest header, that of clusterMsgLight. */
const LEAST_BYTES = 16
const [LENGTH_AT, VERSION_AT, PORT_AT, TYPE_AT, SENDER_AT] = [4, 8, 10, 12, 40]
/** As many of a packet's first bytes tell its length, its version and its type. */
const HEADER_START_BYTES = TYPE_AT + 2
const SENDER = 'redis-chaos'.padEnd(40, '0')

/** A PING of a sender that nobody knows: a server answers it with a PONG, and takes nothing from it. */
export function strangersPing(port: number): Buffer {
  return header('ping', port, HEADER_BYTES)
}

/**
 * A packet that is one byte longer than any of its type: a server that reads it refuses it as malformed, whatever it
 * says.
 */
export function malformedPacket(type: PacketType, port: number): Buffer {
  return Buffer.concat([header(type, port, HEADER_BYTES + 1), Buffer.alloc(1)])
}

/**
 * Whether bytes that came back are a PONG, however few of them have come yet; undefined while they may still become
 * one.
 */
export function isPong(bytes: Buffer): boolean | undefined {
  if (bytes.length >= SIGNATURE.length && !bytes.subarray(0, SIGNATURE.length).equals(SIGNATURE)) return false
  if (bytes.length < HEADER_START_BYTES) return undefined
  return bytes.readUInt16BE(TYPE_AT) === PACKET_TYPES.pong
}

/**
 * What the first bytes of a packet, which begins at `at`, say of it, whatever follows them: the places of these fields
 * are the same in headers of all servers, short ones included. Undefined while too few have come; of another version of
 * the protocol, nothing else is known.
 */
export function packetHeader(bytes: Buffer, at = 0): { type: number; length: number } | 'no packet' | undefined {
  if (bytes.length - at < HEADER_START_BYTES) {
    const start = bytes.subarray(at, at + SIGNATURE.length)
    return start.equals(SIGNATURE.subarray(0, start.length)) ? undefined : 'no packet'
  }
  const length = bytes.readUInt32BE(at + LENGTH_AT)
  const isKnown =
    bytes.readUInt32BE(at) === SIGNATURE_NUMBER && bytes.readUInt16BE(at + VERSION_AT) === PROTOCOL_VERSION
  if (!isKnown || length < LEAST_BYTES) return 'no packet'
  return { type: bytes.readUInt16BE(at + TYPE_AT) & ~LIGHT, length }
}

function header(type: PacketType, port: number, bytes: number): Buffer {
  const packet = Buffer.alloc(HEADER_BYTES)
  SIGNATURE.copy(packet)
  packet.writeUInt32BE(bytes, LENGTH_AT)
  packet.writeUInt16BE(PROTOCOL_VERSION, VERSION_AT)
  packet.writeUInt16BE(port, PORT_AT)
  packet.writeUInt16BE(PACKET_TYPES[type], TYPE_AT)
  packet.write(SENDER, SENDER_AT, 'latin1')
  return packet
}
