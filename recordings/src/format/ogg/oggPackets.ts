const PAGE_HEAD_BYTES = 27;

/** The packets of whole pages of ours (RFC 3533 section 6), in which no packet goes on in the next page. */
export function oggPackets(pages: Uint8Array): Uint8Array[] {
  const packets: Uint8Array[] = [];
  for (let at = 0; at < pages.length;) {
    const count = pages[at + 26]!;
    const lacing = pages.subarray(at + PAGE_HEAD_BYTES, at + PAGE_HEAD_BYTES + count);
    let start = at + PAGE_HEAD_BYTES + count;
    let end = start;
    for (const length of lacing) {
      end += length;
      if (length === 255) continue;
      packets.push(pages.subarray(start, end));
      start = end;
    }
    at = end;
  }
  return packets;
}
