declare module 'snappyjs' {
  const snappy: {
    compress(plain: Uint8Array): Uint8Array;
    /** Throws for what is no snappy block, or grows beyond the limit. */
    uncompress(compressed: Uint8Array, maxLength: number): Uint8Array;
  };
  export default snappy;
}
