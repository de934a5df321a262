import java.awt.color.ColorSpace;
import java.awt.color.ICC_Profile;
import java.io.ByteArrayInputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.pdfbox.pdfwriter.compress.CompressParameters;
import org.apache.pdfbox.pdmodel.PDDocument;
import org.apache.pdfbox.pdmodel.PDPage;
import org.apache.pdfbox.pdmodel.PDPageContentStream;
import org.apache.pdfbox.pdmodel.common.PDMetadata;
import org.apache.pdfbox.pdmodel.common.PDRectangle;
import org.apache.pdfbox.pdmodel.font.PDType0Font;
import org.apache.pdfbox.pdmodel.graphics.color.PDOutputIntent;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.PDFAParser;
import org.verapdf.pdfa.PDFAValidator;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.TestAssertion;
import org.verapdf.pdfa.results.ValidationResult;

/**
 * PDF/A: files made with PDFBox (keys: out, part, font), and veraPDF's judgement by the part that a file names itself
 * (key: file).
 */
final class Archival {
    private static final String METADATA = """
            <?xpacket begin="\uFEFF" id="W5M0MpCehiHzreSzNTczkc9d"?>
            <x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
            <rdf:Description rdf:about="" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/">
            <pdfaid:part>%s</pdfaid:part><pdfaid:conformance>B</pdfaid:conformance>
            </rdf:Description></rdf:RDF></x:xmpmeta>
            <?xpacket end="w"?>""";

    private Archival() {}

    static String make(Map<String, String> asked) throws IOException {
        try (PDDocument document = new PDDocument()) {
            document.setVersion(asked.get("part").equals("1") ? 1.4f : 1.7f);
            PDPage page = new PDPage(PDRectangle.A4);
            document.addPage(page);
            PDType0Font font = PDType0Font.load(document, new File(asked.get("font")));
            try (PDPageContentStream content = new PDPageContentStream(document, page)) {
                content.beginText();
                content.setFont(font, 14);
                content.newLineAtOffset(60, 700);
                content.showText("診療情報提供書 Amlodipine 5 mg");
                content.endText();
            }
            byte[] metadata = METADATA.formatted(asked.get("part")).getBytes(StandardCharsets.UTF_8);
            document.getDocumentCatalog().setMetadata(new PDMetadata(document, new ByteArrayInputStream(metadata)));
            byte[] profile = ICC_Profile.getInstance(ColorSpace.CS_sRGB).getData();
            PDOutputIntent intent = new PDOutputIntent(document, new ByteArrayInputStream(profile));
            intent.setInfo("sRGB");
            intent.setOutputConditionIdentifier("sRGB");
            document.getDocumentCatalog().addOutputIntent(intent);
            document.save(asked.get("out"), CompressParameters.NO_COMPRESSION);
        }
        return new Json().put("out", asked.get("out")).toString();
    }

    static String judge(Map<String, String> asked) throws Exception {
        VeraGreenfieldFoundryProvider.initialise();
        try (InputStream file = Files.newInputStream(Path.of(asked.get("file")));
                PDFAParser parser = Foundries.defaultInstance().createParser(file, PDFAFlavour.NO_FLAVOUR)) {
            PDFAValidator validator = Foundries.defaultInstance().createValidator(parser.getFlavour(), false);
            ValidationResult result = validator.validate(parser);
            List<String> broken = result.getTestAssertions().stream()
                    .filter(assertion -> assertion.getStatus() == TestAssertion.Status.FAILED)
                    .map(assertion -> assertion.getRuleId().getClause() + "-" + assertion.getRuleId().getTestNumber())
                    .distinct().sorted().toList();
            return new Json()
                    .put("flavour", parser.getFlavour().getId())
                    .put("compliant", result.isCompliant())
                    .strings("broken", broken)
                    .toString();
        }
    }
}
