package io.redisproxy.config;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Reads the JSON file that says which listeners to open. */
public final class ConfigLoader {
  /** The shortest file that works. */
  public static final String SAMPLE = ListenersParser.SAMPLE;

  private ConfigLoader() {}

  /**
   * Reads and checks the file.
   *
   * @throws ConfigException if anything is wrong with it; the message lists every mistake
   */
  public static List<ListenerConfig> load(Path file) {
    Mistakes mistakes = new Mistakes();
    List<ListenerConfig> listeners =
        content(file, mistakes)
            .flatMap(json -> new JsonReader(mistakes).read(json))
            .map(root -> new ListenersParser().parse(root, mistakes))
            .orElse(List.of());
    mistakes.throwIfAny("The configuration " + file);
    return listeners;
  }

  private static Optional<byte[]> content(Path file, Mistakes mistakes) {
    try {
      if (Files.isDirectory(file)) {
        mistakes.add("file", "this is a directory; name the JSON file in it");
        return Optional.empty();
      }
      return Optional.of(Files.readAllBytes(file));
    } catch (NoSuchFileException e) {
      mistakes.add("file", "not found; check the path, here it is " + file.toAbsolutePath());
    } catch (AccessDeniedException e) {
      mistakes.add("file", "not readable; give this user the right to read it");
    } catch (IOException e) {
      mistakes.add("file", "not readable (" + e.getMessage() + "); check the path");
    }
    return Optional.empty();
  }
}
