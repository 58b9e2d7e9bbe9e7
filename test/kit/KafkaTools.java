import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import org.apache.kafka.common.utils.Exit;

/**
 * Kafka's command-line tools, many runs in one Java machine, since most of a run's time is Java's start. Reads lines of
 * "class, argument, argument…" parted by tabs; answers each with one line: the exit code, and what the run printed as
 * base64.
 */
public class KafkaTools {
    static class Ended extends RuntimeException {
        final int code;

        Ended(int code) {
            super(null, null, false, false);
            this.code = code;
        }
    }

    /** How the tool wanted to end first: many catch what was thrown for that, and end again otherwise. */
    static Integer wanted;

    static void end(int code) {
        if (wanted == null) wanted = code;
        throw new Ended(code);
    }

    static int run(String[] words) {
        wanted = null;
        int code = runToItsEnd(words);
        return wanted == null ? code : wanted;
    }

    static int runToItsEnd(String[] words) {
        try {
            String[] arguments = Arrays.copyOfRange(words, 1, words.length);
            Class.forName(words[0]).getMethod("main", String[].class).invoke(null, (Object) arguments);
            return 0;
        } catch (InvocationTargetException thrown) {
            if (thrown.getCause() instanceof Ended ended) return ended.code;
            thrown.getCause().printStackTrace();
            return 1;
        } catch (ReflectiveOperationException thrown) {
            thrown.printStackTrace();
            return 1;
        }
    }

    public static void main(String[] args) throws Exception {
        Exit.setExitProcedure((code, message) -> end(code));
        Exit.setHaltProcedure((code, message) -> end(code));
        PrintStream answers = System.out;
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line; (line = lines.readLine()) != null;) {
            ByteArrayOutputStream printed = new ByteArrayOutputStream();
            PrintStream all = new PrintStream(printed, true, StandardCharsets.UTF_8);
            System.setOut(all);
            System.setErr(all);
            int code = run(line.split("\t", -1));
            answers.println(code + " " + Base64.getEncoder().encodeToString(printed.toByteArray()));
        }
    }
}
