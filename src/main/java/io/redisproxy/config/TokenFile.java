package io.redisproxy.config;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;

/** The secret that operators say to the admin routes, in a file such as a mounted secret. */
public final class TokenFile {
  private TokenFile() {}

  /** What the file holds now, or nothing after a mistake. */
  public static Optional<String> read(String file, Consumer<String> mistake) {
    try {
      return SmallFile.read(Path.of(file), "file with the token", mistake)
          .flatMap(content -> PasswordFile.text(content, "token", mistake));
    } catch (InvalidPathException e) {
      mistake.accept("\"" + file + "\" is not a path; write it as /run/secrets/admin");
      return Optional.empty();
    }
  }
}
