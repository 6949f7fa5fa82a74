// The simulated disk, with time: every change takes a while, and a crash can come in the middle of it.
// Invariant: a chain whose disk has crashed never goes on; what it wrote without a sync may be gone, torn or there.
// Called by: member.ts. Next on the way: store/wal/simulateddisk.ts, which decides what a crash leaves.

import type { Prng } from "#lib";
import type { Disk, DiskFile, SimulatedDisk } from "#store/parts";
import type { Agenda } from "./agenda.ts";

export interface DiskWeather {
  /** One write in so many takes `stallMs`; 0: none. */
  stallEvery: number;
  stallMs: number;
}

const nothing = new Uint8Array(0);

export class SlowDisk implements Disk {
  readonly #disk: SimulatedDisk;
  readonly #agenda: Agenda;
  readonly #prng: Prng;
  readonly #weather: DiskWeather;
  readonly #inPlace: number;
  #alone = false;
  #crashed = false;

  /** `inPlace`: the share of lone writes that hold up the loop, so that no time goes by until they are synced. */
  constructor(disk: SimulatedDisk, agenda: Agenda, prng: Prng, weather: DiskWeather, inPlace: number) {
    this.#disk = disk;
    this.#agenda = agenda;
    this.#prng = prng;
    this.#weather = weather;
    this.#inPlace = inPlace;
  }

  /** What the machine finds after power came back. */
  crash(): SimulatedDisk {
    this.#crashed = true;
    return this.#disk.afterCrash(this.#prng);
  }

  allocate(bytes: number): Buffer {
    return this.#disk.allocate(bytes);
  }

  alone(): void {
    this.#alone = true;
  }

  list(): Promise<readonly string[]> {
    return this.#disk.list();
  }

  size(name: string): Promise<number> {
    return this.#disk.size(name);
  }

  read(name: string, offset: number, length: number): Promise<Buffer> {
    return this.#disk.read(name, offset, length);
  }

  async create(name: string): Promise<DiskFile> {
    await this.#wait();
    return this.#slow(await this.#disk.create(name));
  }

  async open(name: string): Promise<DiskFile> {
    return this.#slow(await this.#disk.open(name));
  }

  async truncate(name: string, bytes: number): Promise<void> {
    await this.#wait();
    await this.#disk.truncate(name, bytes);
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#wait();
    await this.#disk.rename(from, to);
  }

  async remove(name: string): Promise<void> {
    await this.#wait();
    await this.#disk.remove(name);
  }

  async syncDirectory(): Promise<void> {
    await this.#wait();
    await this.#disk.syncDirectory();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #slow(file: DiskFile): DiskFile {
    return {
      append: async (bytes, { sync }) => {
        const here = sync && this.#alone && this.#inPlace > 0 && this.#prng.next() < this.#inPlace;
        this.#alone = false;
        if (here && !this.#crashed) return file.append(bytes, { sync });
        // Written, but not synced: while this waits, a crash may tear it.
        await file.append(bytes, { sync: false });
        await this.#wait();
        if (!sync) return;
        await file.append(nothing, { sync: true });
        // Synced, and nobody knows: a crash may come here, too.
        if (this.#prng.next() < 0.2) await this.#wait();
      },
      close: () => file.close(),
    };
  }

  async #wait(): Promise<void> {
    if (this.#crashed) return new Promise(() => undefined);
    const { stallEvery, stallMs } = this.#weather;
    const stalls = stallEvery > 0 && this.#prng.next() * stallEvery < 1;
    await this.#agenda.pause(stalls ? stallMs : 0.2 + 2 * this.#prng.next(), () => !this.#crashed);
  }
}
