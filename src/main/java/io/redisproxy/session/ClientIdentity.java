package io.redisproxy.session;

/**
 * What a client has said of itself with CLIENT SETNAME, SETINFO and NO-EVICT, and its number. Its
 * own event loop changes it, others show it.
 */
final class ClientIdentity {
  static final String LIBRARY_NAME = "lib-name";
  static final String LIBRARY_VERSION = "lib-ver";

  private final long id;
  private volatile byte[] name;
  private volatile byte[] libraryName;
  private volatile byte[] libraryVersion;
  private volatile boolean noEvict;

  ClientIdentity(long id) {
    this.id = id;
  }

  long id() {
    return id;
  }

  /** Null when it has none. */
  byte[] name() {
    return name;
  }

  /** Null when it has not said. */
  byte[] libraryName() {
    return libraryName;
  }

  /** Null when it has not said. */
  byte[] libraryVersion() {
    return libraryVersion;
  }

  boolean isNoEvict() {
    return noEvict;
  }

  void setName(byte[] newName) {
    name = newName.length == 0 ? null : newName;
  }

  /** {@code attribute}: lib-name or lib-ver. */
  void setInfo(String attribute, byte[] value) {
    if (attribute.equals(LIBRARY_NAME)) {
      libraryName = value;
    } else {
      libraryVersion = value;
    }
  }

  void setNoEvict(boolean on) {
    noEvict = on;
  }

  void reset() {
    name = null;
  }
}
