import Storage

extension Migration {
  /// How far each consumer has read, written with the effects of what it read.
  static var positions: Migration {
    Migration(
      "messaging.3",
      """
      CREATE TABLE positions (
        consumer TEXT NOT NULL,
        topic TEXT NOT NULL,
        partition INTEGER NOT NULL,
        next INTEGER NOT NULL,
        PRIMARY KEY (consumer, topic, partition)
      ) STRICT, WITHOUT ROWID;
      """)
  }
}
