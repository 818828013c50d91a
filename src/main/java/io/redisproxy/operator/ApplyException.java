package io.redisproxy.operator;

import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;

/** Why what should be on the cluster can't be put there, for the user. */
final class ApplyException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Somebody else has an object under a name that is needed. */
  static final String CONFLICT = "Conflict";

  /** An object isn't there that the operator doesn't make. */
  static final String MISSING = "Missing";

  private static final String FORBIDDEN = "Forbidden";
  private static final String FAILED = "Failed";

  private final String reason;

  ApplyException(String reason, String message) {
    super(message);
    this.reason = reason;
  }

  /** What became of the object that is described so. */
  static ApplyException of(String object, Exception e) {
    return of(object, "k8s/operator/rbac.yaml", e);
  }

  /** {@code rights}: the file that gives those which the operator needs for it. */
  static ApplyException of(String object, String rights, Exception e) {
    if (e instanceof ApplyException known) {
      return known;
    }
    boolean forbidden =
        e instanceof KubernetesClientException refused
            && refused.getCode() == HttpURLConnection.HTTP_FORBIDDEN;
    return forbidden
        ? new ApplyException(
            FORBIDDEN, object + ": the operator lacks a right, see " + rights + ": " + cause(e))
        : new ApplyException(FAILED, object + ": " + cause(e));
  }

  /** What the API server says, without how it was asked. */
  private static String cause(Exception e) {
    return e instanceof KubernetesClientException refused
            && refused.getStatus() != null
            && refused.getStatus().getMessage() != null
        ? refused.getStatus().getMessage()
        : String.valueOf(e.getMessage());
  }

  /** In a word, as conditions have it. */
  String reason() {
    return reason;
  }
}
