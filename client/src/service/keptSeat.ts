const KEY = 'switchroom.seat';

interface KeptSeat {
  joinToken: string;
  resumeToken: string;
}

/**
 * Keeps our seat in a meeting for this tab, should its page be loaded anew. Only then: a tab that is duplicated takes
 * what is kept along, and would put us out.
 */
export function keepSeat(joinToken: string, resumeToken: string | undefined): void {
  if (resumeToken === undefined) return;
  const seat: KeptSeat = { joinToken, resumeToken };
  sessionStorage.setItem(KEY, JSON.stringify(seat));
}

/** The seat that was kept in this meeting, once. */
export function takeSeat(joinToken: string): string | undefined {
  const text = sessionStorage.getItem(KEY);
  sessionStorage.removeItem(KEY);
  const seat = JSON.parse(text ?? 'null') as KeptSeat | null;
  return seat?.joinToken === joinToken ? seat.resumeToken : undefined;
}
