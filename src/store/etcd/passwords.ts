// Passwords as they are kept: a salted scrypt hash with its costs beside it.
// Invariant: what is kept does not tell the password; comparing takes as long for a wrong one as for a right one.
// Called by: rpc/auth/. etcd keeps bcrypt hashes; nobody sees either. Next on the way: mvcc/auth.ts.

import { scrypt, timingSafeEqual } from "node:crypto";

const hashBytes = 32;
const saltBytes = 16;
const cost = 16_384;

function derive(password: string, salt: Buffer, N: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password, salt, hashBytes, { N }, (error, key) => (error ? reject(error) : resolve(key)));
  });
}

export async function hashPassword(password: string, random: (bytes: number) => Uint8Array): Promise<string> {
  const salt = Buffer.from(random(saltBytes));
  return `scrypt$${cost}$${salt.toString("base64")}$${(await derive(password, salt, cost)).toString("base64")}`;
}

export async function isPassword(password: string, kept: string): Promise<boolean> {
  const [kind, N, salt, hash] = kept.split("$");
  if (kind !== "scrypt" || hash === undefined) return false;
  return timingSafeEqual(await derive(password, Buffer.from(salt!, "base64"), Number(N)), Buffer.from(hash, "base64"));
}
