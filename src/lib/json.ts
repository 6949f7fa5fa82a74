// What JSON can hold, as types.
// Invariant: a value of these types is plain data; numbers beyond 2^53 are bigints, bytes nobody may touch are RawJson (api/).
// Called by: api/, store-side causes, config. Next on the way: api/machinery.

export type JsonScalar = null | boolean | number | bigint | string;
export type JsonValue = JsonScalar | readonly JsonValue[] | { readonly [key: string]: JsonValue | undefined };
