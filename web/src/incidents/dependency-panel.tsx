import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useMemo } from 'react';
import type { IncidentDetail } from '../../../src/core/view.ts';
import { overviewQuery } from '../api/queries.ts';
import { healthWords } from '../format/words.ts';
import { Panel } from '../parts/panel.tsx';
import styles from './dependency-graph.module.css';
import { dependencyGraph, type Graph, type GraphNode, graphWords } from './dependency-graph.ts';

const layerHeight = 86;
const nodeHeight = 50;

/** Where the trouble sits and what it reaches. */
export function DependencyPanel({ incident }: { incident: IncidentDetail }) {
  const { data } = useQuery(overviewQuery);
  const graph = useMemo(
    () => (data === undefined ? null : dependencyGraph(incident, data)),
    [incident, data],
  );
  if (graph === null) return null;
  return (
    <Panel title="Where it comes from">
      <GraphView graph={graph} isOver={incident.resolvedAt !== null} />
    </Panel>
  );
}

function GraphView({ graph, isOver }: { graph: Graph; isOver: boolean }) {
  const byId = new Map(graph.nodes.map((node) => [node.id, node]));
  const height = (graph.layers - 1) * layerHeight + nodeHeight;
  return (
    <figure className={styles.figure} aria-label={graphWords(graph)}>
      <div className={styles.graph} style={{ height }}>
        <svg className={styles.edges} viewBox={`0 0 100 ${height}`} preserveAspectRatio="none" aria-hidden>
          {graph.edges.map(({ from, to, isLit }) => {
            const [above, below] = [byId.get(from), byId.get(to)];
            if (above === undefined || below === undefined) return null;
            const [x1, y1] = [centre(above), above.layer * layerHeight + nodeHeight];
            const [x2, y2] = [centre(below), below.layer * layerHeight];
            const bend = (y2 - y1) / 2;
            return (
              <path
                key={`${from} ${to}`}
                d={`M${x1} ${y1} C${x1} ${y1 + bend} ${x2} ${y2 - bend} ${x2} ${y2}`}
                data-lit={isLit || undefined}
              />
            );
          })}
        </svg>
        {graph.nodes.map((node) => (
          <Node key={node.id} node={node} isOver={isOver} />
        ))}
      </div>
      <figcaption className={styles.caption}>
        What stands above needs what is below it.
        {graph.leftOut > 0 ? ` ${graph.leftOut} more that are affected are not drawn.` : ''}
      </figcaption>
    </figure>
  );
}

/** Percent of the width. */
function centre({ place, of }: GraphNode): number {
  return ((place + 0.5) / of) * 100;
}

function Node({ node, isOver }: { node: GraphNode; isOver: boolean }) {
  const style = {
    left: `${centre(node)}%`,
    top: node.layer * layerHeight,
    height: nodeHeight,
    width: `min(172px, calc(${100 / node.of}% - 10px))`,
  };
  const words = {
    cause: 'the cause',
    affected: isOver ? 'was affected' : 'affected',
    near: node.health === 'ok' ? 'well' : healthWords[node.health].toLowerCase(),
  };
  const content = (
    <>
      <strong className={styles.name}>{node.name}</strong>
      <span className={styles.word}>
        {node.kind === 'service' ? 'service, ' : ''}
        {words[node.part]}
      </span>
    </>
  );
  const shared = { className: styles.node, style, 'data-part': node.part };
  return node.kind === 'target' ? (
    <Link to="/targets/$name" params={{ name: node.name }} {...shared}>
      {content}
    </Link>
  ) : (
    <span {...shared}>{content}</span>
  );
}
