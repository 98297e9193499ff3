/** A setting that cannot be used; the message is one line and names the variable. */
export class ConfigError extends Error {}
