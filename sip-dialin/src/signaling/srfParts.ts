import type Srf from 'drachtio-srf';

/** The SDP of an INVITE: empty for a late offer, undefined when the body is something else (415). */
export function sdpOf(req: Srf.SrfRequest): string | undefined {
  if (!req.body) return '';
  const type = (header(req, 'Content-Type') ?? '').toLowerCase();
  if (type.startsWith('application/sdp')) return req.body;
  // RFC 5621: a multipart body may have it as one part.
  const part = req.payload.find(({ type: partType }) =>
    partType?.toLowerCase().startsWith('application/sdp'),
  );
  return part?.content;
}

/** Undefined when there is no such header, which drachtio-srf's types do not say. */
export function header(req: Pick<Srf.SrfRequest, 'has' | 'get'>, name: string): string | undefined {
  return req.has(name) ? req.get(name) : undefined;
}
