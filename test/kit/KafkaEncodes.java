import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.lang.reflect.InvocationTargetException;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.List;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.protocol.MessageUtil;

/**
 * Apache Kafka's own encoder, for our tests to compare with. Reads lines of "name, version, JSON" parted by tabs, the
 * JSON being what Kafka's converters read; answers each with the bytes in hex, or with "error: " and what was thrown.
 */
public class KafkaEncodes {
    static final List<String> PACKAGES = List.of(
        "org.apache.kafka.common.message.",
        "org.apache.kafka.common.metadata.",
        "org.apache.kafka.raft.generated.",
        "org.apache.kafka.coordinator.group.generated.",
        "org.apache.kafka.coordinator.transaction.generated.",
        "org.apache.kafka.coordinator.share.generated.",
        "org.apache.kafka.server.log.remote.metadata.storage.generated.");

    static Class<?> converterOf(String name) throws ClassNotFoundException {
        for (String prefix : PACKAGES) {
            for (String suffix : List.of("Data", "")) {
                try {
                    return Class.forName(prefix + name + suffix + "JsonConverter");
                } catch (ClassNotFoundException next) {
                    // not in this package
                }
            }
        }
        throw new ClassNotFoundException(name);
    }

    static String encode(String name, short version, JsonNode json) throws Exception {
        Message message = (Message) converterOf(name).getMethod("read", JsonNode.class, short.class)
            .invoke(null, json, version);
        ByteBuffer buffer = MessageUtil.toByteBufferAccessor(message, version).buffer();
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        return HexFormat.of().formatHex(bytes);
    }

    public static void main(String[] arguments) throws Exception {
        ObjectMapper mapper = new ObjectMapper();
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, "UTF-8"));
        StringBuilder out = new StringBuilder();
        for (String line; (line = in.readLine()) != null;) {
            String[] parts = line.split("\t", 3);
            try {
                out.append(encode(parts[0], Short.parseShort(parts[1]), mapper.readTree(parts[2])));
            } catch (InvocationTargetException thrown) {
                out.append("error: ").append(thrown.getCause());
            } catch (Throwable thrown) {
                out.append("error: ").append(thrown);
            }
            out.append('\n');
        }
        System.out.print(out);
    }
}
