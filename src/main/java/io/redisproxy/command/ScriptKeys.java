package io.redisproxy.command;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Which scripts leave all keys alone but those that their callers declare. Redis demands that of
 * all, but checks it in a cluster only, and well-known libraries make up names of keys. What was
 * found of a script is kept; of one that was loaded past this process nothing is known, nor is of
 * functions.
 */
public final class ScriptKeys {
  /** So many are kept before all are forgotten: who generates scripts fills the server, too. */
  private static final int MOST = 10_000;

  private static final Map<ByteBuffer, Boolean> BY_TEXT = new ConcurrentHashMap<>();
  private static final Map<String, Boolean> BY_DIGEST = new ConcurrentHashMap<>();

  private ScriptKeys() {}

  /** Whether a script's run, in which the command's name is at 0, touches only declared keys. */
  static boolean areDeclared(Command command, List<byte[]> request) {
    if (request.size() < 2) {
      return false;
    }
    return switch (command) {
      case EVAL, EVAL_RO -> learn(request.get(1));
      case EVALSHA, EVALSHA_RO ->
          BY_DIGEST.getOrDefault(
              new String(request.get(1), StandardCharsets.US_ASCII).toLowerCase(Locale.ROOT),
              false);
      default -> false;
    };
  }

  /**
   * A script's text is seen, which may be called by its digest from now on.
   *
   * @return whether it touches only declared keys
   */
  public static boolean learn(byte[] script) {
    Boolean known = BY_TEXT.get(ByteBuffer.wrap(script));
    if (known != null) {
      return known;
    }
    boolean declared = new ScriptText(new String(script, StandardCharsets.ISO_8859_1)).namesKeys();
    if (BY_TEXT.size() >= MOST) {
      BY_TEXT.clear();
      BY_DIGEST.clear();
    }
    BY_DIGEST.put(digest(script), declared);
    BY_TEXT.put(ByteBuffer.wrap(script.clone()), declared);
    return declared;
  }

  private static String digest(byte[] script) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-1").digest(script));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-1", e);
    }
  }
}
