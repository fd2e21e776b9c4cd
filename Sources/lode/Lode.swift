@main
struct Lode { static func main() {} }
