/**
 * The forms in which secrets are written. Prefixes of tokens are those that their issuers document; gitleaks (MIT,
 * config/gitleaks.toml) and secretlint (MIT) look for the same. Each pattern is bounded, so that hostile text costs no
 * more than its length.
 */

export const hidden = '(hidden)';

/** What it finds, and what stands in its place. */
export type SecretForm = readonly [pattern: RegExp, by: string];

const keyLabel = '[A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?';
export const keyBegins = new RegExp(`-----BEGIN ${keyLabel}-----`);
export const keyEnds = new RegExp(`-----END ${keyLabel}-----`);

/** A value: quoted (a quote in it doubled or escaped, its end perhaps cut off), or up to where a word ends. */
const value = `(?:"(?:[^"\\\\\\n]|\\\\.)*(?:"|$)|'(?:[^'\\\\\\n]|''|\\\\.)*(?:'|$)|(?!\\(hidden\\)|\\*{3})[^\\s"',;&)}\\]]+)`;
/** The same, and quotes that are escaped themselves, as in JSON. */
const anyValue = `(?:\\\\"[^"\\\\\\n]*(?:\\\\"|$)|${value})`;
const quoted = `(?:'(?:[^'\\\\\\n]|''|\\\\.)*(?:'|$)|"(?:[^"\\\\\\n]|\\\\.)*(?:"|$)|\\\\'[^'\\n]*(?:'|$)|\\$\\$[^$\\n]*\\$\\$)`;
/** After the name of a field: `": "`, ` = `, `=`. */
const assigned = `\\\\?["']?\\s{0,5}(?:=>|:=|[:=])\\s{0,5}`;

/** Words that say how a secret is instead of telling it. */
const toldOf = `(?!(?:not?|now|a|an|the|too|in|on|of|at|as|by|for|from|to|with|and|or|but|used|being|only|also|still|already|never|required|missing|invalid|valid|wrong|incorrect|correct|expired|expiring|empty|unset|set|null|none|undefined|unknown|weak|strong|stale|old|new|ok|okay|bad|rejected|refused|denied|disabled|enabled|changed|rotated|revoked|needed|optional|available|unavailable|present|absent|read|loaded|stored|hidden|masked|redacted|encrypted|hashed|malformed|mandatory|short|long|locked|here|there|what|you|your|we|it|this|that|true|false|failed|failure|error|errors|success|successful|succeeded|called|command|commands|method|methods|mechanism|service|server|request|requests|response|timeout|timed|subsystem|module|plugin|token|user|handler|took|was|is|has|needs|after|before|without|supported|unsupported)(?:[\\s.,:;!)'"\\]]|$))`;

const someSecret =
  'api[_-]?key|(?:secret|access|private|signing|encryption|account|auth|master|jwt|deploy|storage|service|webhook|license|licence|client|app|admin|session|shared|subscription|ingest(?:ion)?)[_-]?(?:access[_-]?)?key(?:[_-]?base)?|credentials?';

/** In this order: what spans the most goes first. */
export const secretForms: readonly SecretForm[] = [
  // Also with its line breaks written as \n, and cut off at either end.
  [new RegExp(`-----BEGIN ${keyLabel}-----[\\s\\S]*?(-----END ${keyLabel}-----|$)`, 'g'), hidden],
  [new RegExp(`(?:^[ \\t]*[A-Za-z0-9+/=]{1,100}[ \\t]*\\n){0,200}-----END ${keyLabel}-----`, 'gm'), hidden],
  // RFC 7468: 64 characters a line, 76 at most in older writers. A hash is hexadecimal and stays.
  [
    /^([^\n]{0,120}?(?:^|\s))(?=[^\n]{0,76}?[A-Z])(?=[^\n]{0,76}?[a-z])(?![0-9a-f]+\s*$)(?=[a-z0-9/]{0,75}[A-Z])(?=[A-Z0-9/]{0,75}[a-z])(?=[A-Za-z/]{0,75}[\d+])[A-Za-z0-9+/]{58,76}={0,2}[ \t]*$/gm,
    `$1${hidden}`,
  ],
  [/\b([a-z][a-z0-9+.-]{1,20}:\/\/[^\s:/@]{0,200}):(?!\*{3}@)[^\s/@]{1,400}@/gi, `$1:${hidden}@`],

  // Headers
  [
    new RegExp(
      `\\b(authorization${assigned}\\\\?["']?(?:(?:bearer|basic|digest|token|api-?key|bot|negotiate|ntlm|hawk|splunk|aws4-hmac-sha256)\\s+)?)(?![{[])[^\\s"'\`,;\\\\]+`,
      'gi',
    ),
    `$1${hidden}`,
  ],
  [/\b(bearer\s{1,5})[A-Za-z0-9._~+/=-]{8,}/gi, `$1${hidden}`],
  [
    /\b((?:set-)?cookie2?\\?["']?\s{0,5}[:=]\s{0,5}\\?["']?)(?=[^\s=;,"']{1,100}=)[^"'\\\n]+/gi,
    `$1${hidden}`,
  ],

  // Statements
  [
    new RegExp(
      `\\b((?:password|identified(?:\\s+with\\s+["'\`]?\\w+["'\`]?)?\\s+(?:by|as)(?:\\s+password)?)(?:\\s{0,5}\\(\\s{0,5}|\\s{1,5})[eEuUnN]?)${quoted}`,
      'gi',
    ),
    `$1${hidden}`,
  ],
  [/\b(set\s+password\b[^=\n]{0,100}=\s{0,5}(?:\w{1,20}\()?)(?:'[^'\n]*'?|"[^"\n]*"?)/gi, `$1${hidden}`],
  [
    new RegExp(
      `(\\b(?:require|master|primary|sentinel-)(?:pass|auth)(?:["'](?:\\s*,)?)?[\\s:=]+)(?!\\()${toldOf}${value}`,
      'gi',
    ),
    `$1${hidden}`,
  ],
  [/(\bhello["']?\s+["']?[23]["']?\s+["']?auth["']?\s+)[^\s]+(?:\s+[^\s]+)?/gi, `$1${hidden}`],
  [/("auth"\s+)"[^"\n]*"(?:\s+"[^"\n]*")?/gi, `$1${hidden}`],
  [
    new RegExp(
      `((?:^|["'\`>$#]\\s?|command[:=]?\\s|redis-cli\\s(?:[^|;\\n]{0,100}\\s)?|auth\\s(?=plain|login))auth\\s+)(?:(?:plain|login)\\s+)?${toldOf}[^\\s"'\`]+(?:[ \\t]+${toldOf}[^\\s"'\`]+)?`,
      'gim',
    ),
    `$1${hidden}`,
  ],
  [/\b(AUTH\s+(?:PLAIN\s+|LOGIN\s+)?)(?=[^\s"']*[\d!@#$%^&*=+])(?!\d+\b)[^\s"':,]{4,}/g, `$1${hidden}`],
  [/\b(acl["']?\s+["']?setuser\b[^\n]{0,100}?\s["']?[<>#])(?![\w -]+>)[^\s"']+/gi, `$1${hidden}`],

  // Assignments and fields
  [/([?&](?:key|code)=)(?!\d{1,3}\b)(?=[^&\s"'#]{8})[^&\s"'#)\]}]+/gi, `$1${hidden}`],
  [
    /([?&;](?:sig|signature|x-amz-(?:signature|credential|security-token)|x-goog-(?:signature|credential)|code|auth|jwt|sid|session(?:id|_id)?|jsessionid|phpsessid|ticket|assertion|otp|hmac)=)(?!\d{1,3}(?:\D|$))[^&\s"'#)\]}]+/gi,
    `$1${hidden}`,
  ],
  [
    // Words that end in "pass", and "does not pass: what a test says", are no keys.
    new RegExp(
      `((?:(?<!\\b(?:by|com|encom|tres|sur|over|under|no))(?<!(?:\\bnot|\\bcannot|n't)\\s{1,3}(?=pass:\\s))pass(?:word|wd|phrase)?|pwd|secret|token|${someSecret})${assigned})${anyValue}`,
      'gi',
    ),
    `$1${hidden}`,
  ],
  // Variables of an environment; what names a column, a place or a public part is none.
  [
    new RegExp(
      `(\\b(?!NOPASSWD)(?!(?:\\w{0,60}_)?(?:PRIMARY|FOREIGN|PUBLIC|UNIQUE|CACHE|SORT|PARTITION|ROUTING|IDEMPOTENCY|INDEX|HOT)_KEY\\b)[A-Z0-9_]{0,60}(?:PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|CREDENTIALS?|(?<=_)(?:KEY|PWD|PASS|DSN|SALT|PAT))(?:_[A-Z0-9]{1,20}){0,2}\\\\?["']?\\s{0,2}[:=]\\s{0,2})(?!(?:true|false|null|none)\\b)${anyValue}`,
      'g',
    ),
    `$1${hidden}`,
  ],
  [/\b((?:x-amz-)?signature=)[0-9a-f]{32,}/gi, `$1${hidden}`],
  [
    new RegExp(
      `\\b((?:password|passwd|passphrase|passcode|secret|token|api key|pin)\\s+(?:is|was)\\s*:?\\s+)(?![a-z]+(?:[\\s,.;:!)]|$))${toldOf}${value}`,
      'gi',
    ),
    `$1${hidden}`,
  ],
  [/(\bsecret\b[^\n]{0,60}?[\s"'=:])(?![0-9a-f]{40}\b)[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])/gi, `$1${hidden}`],

  // Options of programs
  [
    new RegExp(
      `((?:^|\\s)--?(?:[a-z]{1,20}[-_]){0,3}(?:password|passwd|passphrase|pass|token|secret|api-?key|secret-?key|access-?key|auth-?key)(?:=|\\s+))(?!-)${value}`,
      'gim',
    ),
    `$1${hidden}`,
  ],
  [
    /(\b(?:mysql|mariadb|mysqld|xtrabackup|mydumper|myloader|innobackupex|sshpass|percona|pt)[\w-]{0,20}\b[^|;\n]{0,200}?\s-p\s?)(?=\S)(?!\s|-)(?:'[^'\n]*'|"[^"\n]*"|[^\s'"|;&]+)/gi,
    `$1${hidden}`,
  ],
  [
    /(\b(?:curl|wget|http|https|lftp|smbclient)\b[^|;\n]{0,200}?\s(?:-u|-U|--user|--proxy-user|--auth|-a)[\s=]?["']?[^\s:%"']{0,100}[:%])[^\s"']+/gi,
    `$1${hidden}`,
  ],
  [/(\bredis-(?:cli|benchmark)\b[^|;\n]{0,200}?\s-a\s+)\S+/gi, `$1${hidden}`],
  [/(\bldap\w{2,10}\b[^|;\n]{0,200}?\s-w\s+)\S+/gi, `$1${hidden}`],

  // Tokens that say by their form what they are
  [/\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b/g, hidden],
  [
    /\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|glpat-[\w-]{20,}|xox[abeoprs]-[A-Za-z0-9-]{10,}|xapp-[A-Za-z0-9-]{10,})/g,
    hidden,
  ],
  [/\b(?:sk|pk|rk)[-_](?:live|test|ant|proj|svcacct)?[-_]?(?=[A-Za-z_-]*\d)[A-Za-z0-9_-]{16,}/g, hidden],
  [
    /\b(?:AIza[\w-]{35}|ya29\.[\w-]{20,}|SG\.[\w-]{16,}\.[\w-]{16,}|npm_[A-Za-z0-9]{36}|pypi-[\w-]{50,}|do[opr]_v1_[a-f0-9]{64}|hv[sb]\.[\w-]{24,}|hf_[A-Za-z]{30,}|shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}|gl(?:sa|c)_[\w=-]{32,}|whsec_[A-Za-z0-9+/=]{20,}|AGE-SECRET-KEY-1[A-Z0-9]{58}|dapi[a-f0-9]{32}|\d{8,10}:AA[\w-]{33})/g,
    hidden,
  ],
  [/(hooks\.slack\.com\/(?:services|workflows)\/)[\w/]{20,}/g, `$1${hidden}`],
  [/(discord(?:app)?\.com\/api\/webhooks\/\d{10,20}\/)[\w-]{20,}/g, `$1${hidden}`],
  [/\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]*/g, hidden],
];

/** Visa, Mastercard, American Express, Discover, Diners, JCB and UnionPay by their first digits and lengths. */
const networks =
  /^(?:4(?:\d{12}|\d{15}|\d{18})|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|3[47]\d{13}|6(?:011|4[4-9]\d|5\d\d)\d{12,15}|3(?:0[0-5]|[68]\d)\d{11}|35\d{14}|62\d{14,17})$/;

/** Of a known network, with the check digit of Luhn. */
export function isCardNumber(text: string): boolean {
  const digits = text.replace(/\D/g, '');
  if (!networks.test(digits)) return false;
  const sum = [...digits].reverse().reduce((total, digit, at) => {
    const worth = Number(digit) * (at % 2 === 0 ? 1 : 2);
    return total + (worth > 9 ? worth - 9 : worth);
  }, 0);
  return sum % 10 === 0;
}
