/** What the bench asks of the engine's process. */
export type EngineOrder =
  | { type: 'room'; roomId: string; sfuPort: number; phonesOnly: boolean }
  /** Gives the leg's RTP port. */
  | { type: 'leg'; legId: string; roomId: string; port: number }
  | { type: 'mute'; legId: string; muted: boolean }
  /** Closes all legs and rooms. */
  | { type: 'clear' }
  | { type: 'stat' }
  /** Gives how often Opus has coded or decoded. */
  | { type: 'opus' };

export interface EngineAnswer {
  id: number;
  value?: unknown;
  error?: string;
}

export interface EngineStat {
  /** CPU time of the process, user and system. */
  cpuMs: number;
  /** How often a thread of it went to sleep and was woken. */
  wakeUps: number;
}
