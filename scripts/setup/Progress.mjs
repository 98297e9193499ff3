// @ts-check

/** In a file or a pipe, a running step is heard of again at most this often. */
const QUIET_MS = 10_000;

/** Announces steps: one line that rewrites itself on a terminal, a line now and then elsewhere. */
export class Progress {
  #out;
  #now;
  #head = '';
  #title = '';
  #shown = '';
  #shownAt = 0;
  #startedAt = 0;

  /**
   * @param {{ write(text: string): unknown, isTTY?: boolean }} out
   * @param {() => number} [now] ms
   */
  constructor(out, now = () => performance.now()) {
    this.#out = out;
    this.#now = now;
  }

  /**
   * @param {number} index from 1
   * @param {number} total
   * @param {string} title
   */
  start(index, total, title) {
    this.#head = `[${index}/${total}]`;
    this.#title = title;
    this.#startedAt = this.#now();
    this.#show(`${this.#head} ${title}…`);
  }

  /** @param {number} percent 0 to 100 */
  percent(percent) {
    this.#change(`${this.#head} ${this.#title}… ${Math.floor(percent)} %`);
  }

  /**
   * Says what the step does now.
   * @param {string} what
   */
  note(what) {
    this.#show(`${this.#head} ${this.#title}: ${what}`);
  }

  /** @param {string} [result] */
  done(result = 'done') {
    const seconds = Math.round((this.#now() - this.#startedAt) / 1000);
    this.#show(`${this.#head} ${this.#title}: ${result} (${seconds} s)`);
    if (this.#out.isTTY) this.#out.write('\n');
    this.#shown = '';
  }

  /** Ends the line that is being rewritten, so that something else can be printed. */
  end() {
    if (this.#out.isTTY && this.#shown) this.#out.write('\n');
    this.#shown = '';
  }

  /** @param {string} text */
  #change(text) {
    if (text === this.#shown) return;
    if (!this.#out.isTTY && this.#now() - this.#shownAt < QUIET_MS) return;
    this.#show(text);
  }

  /** @param {string} text */
  #show(text) {
    // ESC [K erases what is left of a longer line.
    this.#out.write(this.#out.isTTY ? `\r${text}\u001b[K` : `${text}\n`);
    this.#shown = text;
    this.#shownAt = this.#now();
  }
}
