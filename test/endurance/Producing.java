import java.nio.charset.StandardCharsets;
import java.nio.file.*;
import java.util.*;
import java.util.concurrent.atomic.*;
import org.apache.kafka.clients.producer.*;

/**
 * Java's producer at a steady rate, of whichever version the class path has, with a ledger as
 * ledger.ts tells it. "stop" on the input ends it.
 *
 *   java Producing.java BROKERS LEDGER NAME idempotent|plain RATE TOPIC:PARTITIONS,... NAME=VALUE...
 */
public class Producing {
    static final int OUTSTANDING = 2000;
    static final String LETTERS = letters();

    /** As clients.py makes them. */
    static String letters() {
        String alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        StringBuilder found = new StringBuilder();
        int state = 1;
        for (int i = 0; i < 1 << 18; i++) {
            state = state * 1103515245 + 12345 & 0x7FFFFFFF;
            found.append(alphabet.charAt(state >> 16 & 63));
        }
        return found.toString();
    }

    public static void main(String[] args) throws Exception {
        String name = args[2], kind = args[3];
        int rate = Integer.parseInt(args[4]);
        Properties config = new Properties();
        config.put("bootstrap.servers", args[0]);
        config.put("client.id", name);
        config.put("acks", "all");
        config.put("linger.ms", "5");
        config.put("reconnect.backoff.ms", "20");
        config.put("reconnect.backoff.max.ms", "300");
        config.put("retry.backoff.ms", "50");
        config.put("max.block.ms", "60000");
        config.put("delivery.timeout.ms", "1000000000");
        config.put("key.serializer", "org.apache.kafka.common.serialization.StringSerializer");
        config.put("value.serializer", "org.apache.kafka.common.serialization.StringSerializer");
        boolean isIdempotent = kind.equals("idempotent");
        config.put("enable.idempotence", Boolean.toString(isIdempotent));
        config.put("retries", isIdempotent ? "2147483647" : "0");
        for (int i = 6; i < args.length; i++) {
            int equals = args[i].indexOf('=');
            config.put(args[i].substring(0, equals), args[i].substring(equals + 1));
        }
        List<Object[]> places = new ArrayList<>();
        for (String topic : args[5].split(",")) {
            String[] words = topic.split(":");
            for (int p = 0; p < Integer.parseInt(words[1]); p++) places.add(new Object[] {words[0], p, 0L});
        }
        var ledger = Files.newOutputStream(Path.of(args[1]), StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        write(ledger, "producer " + name + " " + kind);
        AtomicInteger waiting = new AtomicInteger();
        AtomicBoolean isStopping = new AtomicBoolean();
        Thread input = new Thread(() -> {
            new Scanner(System.in).nextLine();
            isStopping.set(true);
        });
        input.setDaemon(true);
        input.start();
        Random chance = new Random(name.hashCode());
        long began = System.nanoTime(), sent = 0;
        try (KafkaProducer<String, String> producer = new KafkaProducer<>(config)) {
            while (!isStopping.get()) {
                double due = (System.nanoTime() - began) / 1e9 * rate;
                if (sent >= due || waiting.get() >= OUTSTANDING) {
                    Thread.sleep(10);
                    if (waiting.get() >= OUTSTANDING) {
                        began = System.nanoTime();
                        sent = 0;
                    }
                    continue;
                }
                Object[] place = places.get(chance.nextInt(places.size()));
                int burst = Math.min(1 + chance.nextInt(20), (int) (due - sent) + 1);
                for (int i = 0; i < burst; i++, sent++) send(producer, ledger, name, place, waiting);
            }
            producer.flush();
        }
        if (waiting.get() > 0) System.out.println(name + ": " + waiting + " records were never answered");
        System.out.println("stopped");
    }

    static void send(Producer<String, String> producer, java.io.OutputStream ledger, String name, Object[] place,
                     AtomicInteger waiting) {
        String topic = (String) place[0];
        int partition = (Integer) place[1];
        long id = (Long) place[2];
        place[2] = id + 1;
        String where = " " + topic + " " + partition + " " + id;
        write(ledger, "S" + where);
        waiting.incrementAndGet();
        int start = (int) (id * 1531 % 260_000);
        String letters = LETTERS.substring(start, start + (int) (20 + id * 131 % 1500));
        var record = new ProducerRecord<>(topic, partition, name, name + " " + id + " " + letters);
        producer.send(record, (metadata, error) -> {
            if (error == null) write(ledger, "A" + where + " " + metadata.offset());
            else write(ledger, "F" + where + " " + error.getClass().getSimpleName());
            waiting.decrementAndGet();
        });
    }

    static synchronized void write(java.io.OutputStream ledger, String line) {
        try {
            ledger.write((line + "\n").getBytes(StandardCharsets.UTF_8));
        } catch (java.io.IOException error) {
            throw new java.io.UncheckedIOException(error);
        }
    }
}
