// Waits until the replicas have what was written, for checks that read it. It writes once more and
// waits on the same connection, so that all that was answered before is behind it.
import Redis from "ioredis";

export class Settling {
  static async connect(address, replicas) {
    const settling = new Settling();
    settling.client = new Redis(address);
    settling.replicas = replicas;
    return settling;
  }

  async settle() {
    await this.client.set("settling", Date.now());
    const reached = await this.client.wait(this.replicas, 10_000);
    if (reached < this.replicas) {
      throw new Error(`only ${reached} of ${this.replicas} replicas in sync`);
    }
    await this.client.del("settling");
    await this.client.wait(this.replicas, 10_000);
  }

  async empty() {
    await this.client.flushall();
    await this.settle();
  }

  close() {
    return this.client.quit();
  }
}
