/** What every answer tells browsers. No inline script or style runs, whatever a name or a log line contains. */
import type { Context, MiddlewareHandler } from 'hono';
import { NONCE, secureHeaders } from 'hono/secure-headers';
import { timezoneHeader } from '../core/verb.ts';
import { isOverHttps } from './address.ts';

/** Half a year; without includeSubDomains, since what else is served below our name is not ours to decide. */
const strictTransport = 'max-age=15552000';

export function securityHeaders(publicUrl: () => string | null): MiddlewareHandler {
  const rest = secureHeaders({
    contentSecurityPolicy: {
      defaultSrc: ["'self'"],
      scriptSrc: ["'self'"],
      // The component library writes a style element for its variables; it carries the nonce of its page.
      styleSrc: ["'self'", NONCE],
      imgSrc: ["'self'", 'data:'],
      objectSrc: ["'none'"],
      frameAncestors: ["'none'"],
      baseUri: ["'none'"],
      formAction: ["'self'"],
    },
    xFrameOptions: 'DENY',
    referrerPolicy: 'no-referrer',
    strictTransportSecurity: false,
    permissionsPolicy: { camera: [], microphone: [], geolocation: [] },
  });
  return async (c, next) => {
    await rest(c, next);
    if (isOverHttps(c, publicUrl())) c.header('strict-transport-security', strictTransport);
  };
}

/** The command line elsewhere writes times in the team's zone, which it learns from here. */
export function tellTimezone(timezone: () => string): MiddlewareHandler {
  return async (c, next) => {
    await next();
    c.header(timezoneHeader, timezone());
  };
}

const placeholder = '__UPKEEP_NONCE__';

/** The page with the nonce of this answer in place of the placeholder that web/index.html has. */
export function withNonce(c: Context, page: string): string {
  return page.replaceAll(placeholder, c.get('secureHeadersNonce') ?? '');
}
