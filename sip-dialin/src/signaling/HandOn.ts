/** A phone wants its call to go on elsewhere (REFER within the call, RFC 3515). Answer it by `accept` or `refuse`, once. */
export interface HandOn {
  /** Refer-To, as it came. */
  readonly target: string;
  /** 202: from now on `tell` says how it goes. */
  accept(): void;
  refuse(status: number, headers?: Record<string, string>): void;
  /** As SIP has it: 100, 180; with 200 and above it is over. Silent when the phone does not want to know. */
  tell(status: number, reason: string): void;
}
