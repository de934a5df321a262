import eu.europa.esig.dss.service.http.commons.TimestampDataLoader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Map;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cms.jcajce.JcaSimpleSignerInfoVerifierBuilder;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.operator.DefaultDigestAlgorithmIdentifierFinder;
import org.bouncycastle.operator.DigestCalculator;
import org.bouncycastle.operator.DigestCalculatorProvider;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaDigestCalculatorProviderBuilder;
import org.bouncycastle.tsp.TSPException;
import org.bouncycastle.tsp.TimeStampRequest;
import org.bouncycastle.tsp.TimeStampRequestGenerator;
import org.bouncycastle.tsp.TimeStampResponse;
import org.bouncycastle.tsp.ers.ERSArchiveTimeStampGenerator;
import org.bouncycastle.tsp.ers.ERSByteData;
import org.bouncycastle.tsp.ers.ERSData;
import org.bouncycastle.tsp.ers.ERSEvidenceRecord;
import org.bouncycastle.tsp.ers.ERSEvidenceRecordGenerator;
import org.bouncycastle.tsp.ers.ERSException;

/**
 * Evidence records by Bouncy Castle. Keys for judging: file, content (one file that the record is of); for making also
 * in (the record of the first of them is written), out, tsa (URL), kind (initial, timestamp, tree), digest; renewals
 * renew what is in out.
 */
final class Records {
    private static final DefaultDigestAlgorithmIdentifierFinder DIGESTS = new DefaultDigestAlgorithmIdentifierFinder();
    private static final BouncyCastleProvider PROVIDER = new BouncyCastleProvider();

    private Records() {}

    static String make(Map<String, String> asked)
            throws IOException, TSPException, ERSException, OperatorCreationException {
        List<ERSData> objects = new ArrayList<>();
        for (String file : asked.get("in").split("\\|")) {
            objects.add(new ERSByteData(Files.readAllBytes(Path.of(file))));
        }
        Path out = Path.of(asked.get("out"));
        DigestCalculator digest = digests().get(DIGESTS.find(asked.get("digest")));
        TimeStampRequestGenerator requests = new TimeStampRequestGenerator();
        requests.setCertReq(true);
        ERSEvidenceRecord made;
        if (asked.get("kind").equals("initial")) {
            ERSArchiveTimeStampGenerator generator = new ERSArchiveTimeStampGenerator(digest);
            generator.addAllData(objects);
            TimeStampResponse answer = answer(asked, generator.generateTimeStampRequest(requests));
            made = of(new ERSEvidenceRecordGenerator(digests()).generate(generator.generateArchiveTimeStamps(answer)), objects.get(0));
        } else {
            ERSEvidenceRecord before = new ERSEvidenceRecord(Files.readAllBytes(out), digests());
            if (asked.get("kind").equals("timestamp")) {
                made = before.renewTimeStamp(answer(asked, before.generateTimeStampRenewalRequest(requests)));
            } else {
                TimeStampRequest request = before.generateHashRenewalRequest(digest, objects.get(0), requests);
                made = before.renewHash(digest, objects.get(0), answer(asked, request));
            }
        }
        Files.write(out, made.getEncoded());
        return new Json().put("out", out).toString();
    }

    private static ERSEvidenceRecord of(List<ERSEvidenceRecord> records, ERSData object) throws ERSException {
        for (ERSEvidenceRecord record : records) {
            if (record.isContaining(object, new Date())) {
                return record;
            }
        }
        throw new ERSException("no record of the first object");
    }

    private static TimeStampResponse answer(Map<String, String> asked, TimeStampRequest request) throws IOException, TSPException {
        return new TimeStampResponse(new TimestampDataLoader().post(asked.get("tsa"), request.getEncoded()));
    }

    private static DigestCalculatorProvider digests() throws OperatorCreationException {
        return new JcaDigestCalculatorProviderBuilder().setProvider(PROVIDER).build();
    }

    /** The object is shown to be there, the chains hold, and the last token is signed by the certificate it carries. */
    static String judge(Map<String, String> asked)
            throws IOException, TSPException, ERSException, OperatorCreationException, GeneralSecurityException {
        List<String> complaints = new ArrayList<>();
        ERSEvidenceRecord record = new ERSEvidenceRecord(Files.readAllBytes(Path.of(asked.get("file"))), digests());
        try {
            record.validatePresent(new ERSByteData(Files.readAllBytes(Path.of(asked.get("content")))), new Date());
        } catch (ERSException error) {
            complaints.add("object: " + error.getMessage());
        }
        X509CertificateHolder signer = record.getSigningCertificate();
        if (signer == null) {
            complaints.add("the token has no certificate");
        } else {
            try {
                record.validate(new JcaSimpleSignerInfoVerifierBuilder().setProvider(PROVIDER).build(signer));
            } catch (TSPException error) {
                complaints.add("chains: " + error.getMessage());
            }
        }
        return new Json().strings("complaints", complaints).toString();
    }
}
