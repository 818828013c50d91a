package io.redisproxy.route;

/**
 * Rendezvous hashing (Thaler and Ravishankar): a client goes to the node for which its cost is the
 * least. When a node leaves, only its own clients go elsewhere, and they come back with it. Divided
 * by their weights, the costs give each node a share that is as large as its weight.
 */
final class Rendezvous {
  private Rendezvous() {}

  /** A number above 0, the logarithm of a random one that the two always have. */
  static double cost(long client, int node) {
    long bits = mix(mix(client) + node);
    return -Math.log(((bits >>> 11) + 0.5) * 0x1p-53);
  }

  /** Steele, Lea and Flood's mixing of SplitMix64: each bit changes half of the others. */
  private static long mix(long seed) {
    long z = seed + 0x9e3779b97f4a7c15L;
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }
}
