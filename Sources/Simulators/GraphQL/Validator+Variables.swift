extension Validator {
  /// Every variable is declared once, of a type that can be given, and used where that type fits.
  mutating func checkVariables(of operation: Operation) {
    var definitions: [String: VariableDefinition] = [:]
    for definition in operation.variables {
      if definitions.updateValue(definition, forKey: definition.name) != nil {
        add("The variable $\(definition.name) is declared twice.", at: definition.offset)
      }
      check(definition)
    }
    for use in uses {
      guard let definition = definitions[use.name] else {
        add("The variable $\(use.name) is not declared.", at: use.offset)
        continue
      }
      if let type = use.type, schema.isKnown(definition.type), !definition.fits(type) {
        add(
          "The variable $\(use.name) of type \(definition.type) stands where \(type) is expected.",
          at: use.offset)
      }
    }
    let used = Set(uses.map(\.name))
    for definition in operation.variables where !used.contains(definition.name) {
      add("The variable $\(definition.name) is never used.", at: definition.offset)
    }
  }

  private mutating func check(_ definition: VariableDefinition) {
    for directive in definition.directives { refuse(directive, on: "a variable") }
    guard schema.isKnown(definition.type) else {
      add("There is no type \(definition.type.innermost).", at: definition.offset)
      return
    }
    guard schema.isInput(definition.type) else {
      add("A variable cannot be of type \(definition.type).", at: definition.offset)
      return
    }
    if let standard = definition.standard { check(standard, against: definition.type) }
  }

  /// Fields with one response key become one, so they must be the same field with the same arguments.
  mutating func checkMerging(_ selections: [Selection]) {
    for (first, others) in selections.byResponseKey where !others.isEmpty {
      for other in others where !first.isSameField(as: other) {
        add(
          "The name \"\(first.responseKey)\" stands for two different fields: give one an alias.",
          at: other.offset)
      }
      checkMerging(([first] + others).flatMap { $0.selections ?? [] })
    }
  }
}

extension VariableDefinition {
  /// Whether it may stand where `place` is taken: its default fills in for what is not given.
  fileprivate func fits(_ place: TypeReference) -> Bool {
    guard place.isNonNull, !type.isNonNull else { return type.fits(place) }
    guard let standard, standard.content != .null else { return false }
    return type.fits(place.nullable)
  }
}

extension [Selection] {
  /// The fields by what the answer calls them, in order; those that become one together.
  var byResponseKey: [(first: Selection, others: [Selection])] {
    var groups: [(first: Selection, others: [Selection])] = []
    var places: [String: Int] = [:]
    for selection in self {
      if let place = places[selection.responseKey] {
        groups[place].others.append(selection)
      } else {
        places[selection.responseKey] = groups.count
        groups.append((selection, []))
      }
    }
    return groups
  }
}

extension Selection {
  fileprivate func isSameField(as other: Selection) -> Bool {
    func given(_ arguments: [Argument]) -> [String: Literal] {
      Dictionary(arguments.map { ($0.name, $0.value) }) { $1 }
    }
    return name == other.name && given(arguments) == given(other.arguments)
  }
}
