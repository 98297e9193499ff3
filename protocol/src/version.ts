/** Version of the wire contract; peers of another major version are refused in the handshake. */
export const PROTOCOL_VERSION = 1;
