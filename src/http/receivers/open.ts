/** Open without a session: the address itself is the secret. */
export const openReceivers = /^\/(ping|api\/v1\/heartbeats)\/hb_[A-Za-z0-9_-]{20,}(\/[^/]*)?$/;
