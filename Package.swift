// swift-tools-version: 6.2
import PackageDescription

// Arrows point one way: a target may import only targets listed above it (see Sources/README.md).

let strict: [SwiftSetting] = [
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  // Types are made with the conformances that the compiler knows. Otherwise each new generic type, a
  // dictionary of keys of its own above all, lets the runtime look through all 7,850 conformances of
  // the program: half a million instructions, 20 times in a start.
  .unsafeFlags(["-Xfrontend", "-disable-concrete-type-metadata-mangled-name-accessors"]),
]

// Mining a small file is over in a few milliseconds, so what the kernel and the loader do before the
// first instruction counts: `lode --version` took 9.1 ms and takes 5.5 with these. C libraries are part
// of the program (libstdc++ alone has 2,300 symbols to be looked up at every start; which ones,
// Sources/StaticLibraries says), its own symbols are offered to nobody, and it has a fixed address, as
// Go's programs have: otherwise 100,000 pointers are relocated, on 300 pages that are copied for it.
// The linker writes the file in one go and not here and there: the kernel then keeps it in larger
// pieces, which are mapped sooner, another fifth, until it has to be read from disk again.
//
// `bench/safety` puts its own checksums in front of the library's, which must be apart for that.
let sharesLibraries = Context.environment["LODE_SHARED_LIBRARIES"] != nil
let startsQuickly: [LinkerSetting] =
  sharesLibraries
  ? []
  : [
    .unsafeFlags(
      [
        "-L", Context.packageDirectory + "/Sources/StaticLibraries", "-Xlinker", "--as-needed",
        "-Xclang-linker", "-static-libgcc", "-Xlinker", "--no-export-dynamic",
        "-Xclang-linker", "-no-pie", "-Xlinker", "--no-mmap-output-file",
      ], .when(platforms: [.linux], configuration: .release))
  ]

/// What every Swift target of the package shares.
func library(
  _ name: String, _ dependencies: [Target.Dependency] = [], settings: [SwiftSetting] = []
) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: strict + settings)
}

func tests(of name: String, _ dependencies: [Target.Dependency]) -> Target {
  .testTarget(
    name: name + "Tests", dependencies: [.target(name: name), "TestSupport"] + dependencies,
    swiftSettings: strict)
}

let package = Package(
  name: "Lode",
  products: [.executable(name: "lode", targets: ["lode"])],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
  ],
  targets: [
    .target(
      name: "CBitmapKernels", cSettings: [.unsafeFlags(["-O3", "-Wall", "-Wextra", "-Werror"])]),
    .target(
      name: "CIntegerLines", dependencies: ["CBitmapKernels"],
      cSettings: [.unsafeFlags(["-O3", "-Wall", "-Wextra", "-Werror"])]),
    .systemLibrary(name: "CLZ4", providers: [.apt(["liblz4-dev"])]),
    .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CXXHash", providers: [.apt(["libxxhash-dev"])]),
    .target(
      name: "CZeroMQ", cSettings: [.unsafeFlags(["-O3", "-Wall", "-Wextra", "-Werror"])]),

    library("Itemsets"),
    library("TransactionReaders", ["Itemsets", "CIntegerLines", "CZlib"]),
    library(
      "Blocks", ["Itemsets", "CBitmapKernels", "CLZ4", "CXXHash"],
      settings: [.strictMemorySafety()]),
    library("Apriori", ["Itemsets", "Blocks", "CBitmapKernels", "CXXHash"]),
    // What `bench/calibrate` runs: every way to count, timed.
    .executableTarget(
      name: "calibrate",
      dependencies: ["CBitmapKernels", "Itemsets", "TransactionReaders", "Blocks", "Apriori"],
      swiftSettings: strict),
    library("AssociationRules", ["Itemsets", "Apriori"]),
    library(
      "Messages", ["Itemsets", "Blocks", "Apriori", "CLZ4", "CXXHash"],
      settings: [.strictMemorySafety()]),
    library("Coordination", ["Itemsets", "Blocks", "Apriori", "Messages"]),
    library("Working", ["Itemsets", "Blocks", "Apriori", "Messages"]),
    library(
      "Runtime", ["Itemsets", "Blocks", "Apriori", "Messages", "Coordination", "Working"]),
    // A whole cluster in one process, every fault by a seed; and the command that runs it.
    library(
      "LodeSimulator",
      ["Itemsets", "Blocks", "Apriori", "Messages", "Coordination", "Working", "WireFormat"]),
    .executableTarget(
      name: "simulate",
      dependencies: [
        "Itemsets", "TransactionReaders", "Blocks", "Apriori", "Messages", "Runtime",
        "LodeSimulator",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: strict),
    library("ZeroMQTransport", ["CZeroMQ"]),
    library("DiskBlockStore", ["Blocks", "Messages"]),
    library(
      "SQLiteCatalog",
      ["Blocks", "Messages", "Coordination", .product(name: "GRDB", package: "GRDB.swift")]),
    .target(
      name: "WireFormat",
      dependencies: [
        "Itemsets", "Blocks", "Apriori", "Messages", "Coordination",
        .product(name: "SwiftProtobuf", package: "swift-protobuf"),
      ],
      // The specification, and the command that makes Generated/ of it.
      exclude: ["Protocol", "generate"], swiftSettings: strict),
    library(
      "ClusterTransport",
      ["Blocks", "Messages", "Coordination", "Runtime", "WireFormat", "ZeroMQTransport"]),
    library("DemonstrationData"),
    library("Reports", ["Itemsets", "Apriori", "AssociationRules"]),
    .executableTarget(
      name: "lode",
      dependencies: [
        "CBitmapKernels", "Itemsets", "TransactionReaders", "Blocks", "Apriori", "AssociationRules",
        "Messages", "Coordination", "Working", "WireFormat", "Runtime", "ZeroMQTransport",
        "ClusterTransport", "DiskBlockStore", "SQLiteCatalog", "DemonstrationData", "Reports",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: strict, linkerSettings: startsQuickly),

    .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: strict),
    // Runs the binary, for the tests of the command line.
    .target(name: "CommandRunner", path: "Tests/CommandRunner", swiftSettings: strict),
    // Stores and commits until a test kills it.
    .executableTarget(
      name: "StorageVictim",
      dependencies: ["Blocks", "Messages", "Coordination", "DiskBlockStore", "SQLiteCatalog"],
      path: "Tests/StorageVictim", swiftSettings: strict),
    .testTarget(
      name: "CommandLineTests", dependencies: ["CommandRunner", "TestSupport"],
      swiftSettings: strict),
    // Whole clusters of processes.
    .testTarget(
      name: "ClusterTests", dependencies: ["CommandRunner", "ZeroMQTransport"],
      swiftSettings: strict),
    .testTarget(
      name: "PublishedDataTests", dependencies: ["CommandRunner"], swiftSettings: strict),

    tests(of: "CBitmapKernels", []),
    tests(of: "Itemsets", []),
    tests(of: "TransactionReaders", ["Itemsets", "CBitmapKernels"]),
    tests(of: "Blocks", ["Itemsets"]),
    tests(of: "Apriori", ["Itemsets", "Blocks"]),
    tests(of: "Coordination", ["Itemsets", "Blocks", "Apriori", "Messages"]),
    .testTarget(
      name: "CoordinationJobsTests",
      dependencies: ["Coordination", "Messages", "Apriori", "Blocks", "Itemsets", "TestSupport"],
      swiftSettings: strict),
    tests(of: "Messages", ["Itemsets", "Blocks", "Apriori"]),
    tests(of: "Working", ["Itemsets", "Blocks", "Apriori", "Messages"]),
    tests(of: "WireFormat", ["Itemsets", "Blocks", "Apriori", "Messages", "Coordination"]),
    tests(of: "Runtime", ["Itemsets", "Blocks", "Apriori"]),
    tests(of: "LodeSimulator", ["Itemsets", "Apriori", "Messages"]),
    tests(of: "ZeroMQTransport", ["CZeroMQ"]),
    tests(of: "DiskBlockStore", ["Blocks", "Messages", "CommandRunner", "StorageVictim"]),
    tests(
      of: "SQLiteCatalog",
      [
        "Blocks", "Messages", "Coordination", "CommandRunner", "StorageVictim",
        .product(name: "GRDB", package: "GRDB.swift"),
      ]),
    tests(of: "DemonstrationData", []),
    tests(of: "AssociationRules", ["Itemsets", "Apriori"]),
    tests(of: "Reports", ["Itemsets", "Apriori", "AssociationRules"]),
  ]
)
