package io.redisproxy.config;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;

/** Reads a file that the user named, and says so if it can't be the right one. */
final class SmallFile {
  private static final int MAX_MEGABYTES = 16;
  private static final int MAX_BYTES = MAX_MEGABYTES << 20;

  private SmallFile() {}

  /**
   * The content, or nothing after a mistake.
   *
   * @param wanted what the file should be
   */
  static Optional<byte[]> read(Path file, String wanted, Consumer<String> mistake) {
    if (Files.isDirectory(file)) {
      mistake.accept("this is a directory; name the " + wanted + " in it");
      return Optional.empty();
    }
    try (InputStream in = Files.newInputStream(file)) {
      byte[] content = in.readNBytes(MAX_BYTES + 1);
      if (content.length <= MAX_BYTES) {
        return Optional.of(content);
      }
      mistake.accept("larger than " + MAX_MEGABYTES + " MB; name the " + wanted);
    } catch (NoSuchFileException e) {
      mistake.accept("not found; check the path, here it is " + file.toAbsolutePath());
    } catch (AccessDeniedException e) {
      mistake.accept("not readable; give this user the right to read it");
    } catch (IOException e) {
      mistake.accept("not readable (" + e.getMessage() + "); check the path");
    }
    return Optional.empty();
  }
}
