// @ts-check

/** A step that cannot go on. The message is one line and says what to do. */
export class SetupError extends Error {
  /**
   * @param {string} message
   * @param {{ log?: string, cause?: unknown }} [details] log: the path of the full output
   */
  constructor(message, details = {}) {
    super(message, { cause: details.cause });
    this.name = 'SetupError';
    this.log = details.log;
  }

  /** The line that the user is shown. */
  get line() {
    return this.log ? `${this.message} (full log: ${this.log})` : this.message;
  }
}
